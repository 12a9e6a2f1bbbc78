package org.hospes.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * One measured figure beside one of the same run that everybody knows.
 *
 * @param name what was measured, dotted
 * @param value median over the rounds
 * @param unit of the value
 * @param besideName what stood beside it
 * @param besideValue its median over the same rounds
 * @param ratio median of the rounds' own ratios, value over beside: both sides of a round saw the
 *     machine in the same mood
 */
record Figure(
    String name, double value, String unit, String besideName, double besideValue, double ratio) {

  static Figure of(String name, String unit, String besideName, Rounds rounds) {
    return new Figure(name, rounds.value(), unit, besideName, rounds.beside(), rounds.ratio());
  }

  /** As one line of JSON. */
  String json(String commit, Instant at) {
    ObjectNode line = new ObjectMapper().createObjectNode();
    line.put("name", name).put("value", rounded(value)).put("unit", unit);
    line.putObject("beside").put("name", besideName).put("value", rounded(besideValue));
    line.put("ratio", rounded(ratio)).put("commit", commit).put("at", at.toString());
    return line.toString();
  }

  private static double rounded(double x) {
    return Math.round(x * 1000) / 1000.0;
  }
}
