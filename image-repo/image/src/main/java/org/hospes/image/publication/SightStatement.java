package org.hospes.image.publication;

import java.security.GeneralSecurityException;
import java.time.Instant;
import org.hospes.image.Digest;
import org.hospes.image.Statement;
import org.hospes.image.json.StrictObject;
import org.hospes.trust.credential.Credential;

/**
 * When a site's own service first saw a publication, with the signer's chain good at that moment.
 *
 * @param publication SHA-256 of the body of the publication's statement
 * @param papers of the image
 * @param first when
 */
public record SightStatement(Digest publication, SignedPapers papers, Instant first) {
  private static final String KIND = "sight";

  /**
   * Reads one; whose it is and whether they signed it is another question.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static SightStatement parse(byte[] body) {
    StrictObject top = StatementJson.read(body, KIND);
    SightStatement statement =
        new SightStatement(
            SignedPapers.hex(top, "publication"),
            SignedPapers.read(top),
            top.parsed("first", Instant::parse));
    top.done();
    return statement;
  }

  /** Signs it, for the service only. */
  public Statement sign(Credential credential) throws GeneralSecurityException {
    return StatementJson.signed(
        KIND,
        json -> {
          json.writeStringField("publication", publication.hex());
          papers.write(json);
          json.writeStringField("first", first.toString());
        },
        credential);
  }
}
