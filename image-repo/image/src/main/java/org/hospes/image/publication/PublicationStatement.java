package org.hospes.image.publication;

import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Locale;
import org.hospes.image.SignatureForm;
import org.hospes.image.Statement;
import org.hospes.image.json.StrictObject;
import org.hospes.trust.credential.Credential;

/**
 * That an image was published, with its signer's chain good at that moment: a repository's
 * countersignature. It is about digests and apart from the signer's own signature, so that there is
 * one for every form of it.
 *
 * @param papers of the image
 * @param at when the repository looked at them
 */
public record PublicationStatement(
    String name, String version, SignatureForm form, SignedPapers papers, Instant at) {
  private static final String KIND = "publication";

  /**
   * Reads one; whose it is and whether they signed it is another question.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static PublicationStatement parse(byte[] body) {
    StrictObject top = StatementJson.read(body, KIND);
    PublicationStatement statement =
        new PublicationStatement(
            top.text("name"),
            top.text("version"),
            top.parsed("form", PublicationStatement::form),
            SignedPapers.read(top),
            top.parsed("at", Instant::parse));
    top.done();
    return statement;
  }

  /** Signs it, for the repository only. */
  public Statement sign(Credential credential) throws GeneralSecurityException {
    return StatementJson.signed(
        KIND,
        json -> {
          json.writeStringField("name", name);
          json.writeStringField("version", version);
          json.writeStringField("form", form.name().toLowerCase(Locale.ROOT).replace('_', '-'));
          papers.write(json);
          json.writeStringField("at", at.toString());
        },
        credential);
  }

  private static SignatureForm form(String text) {
    return SignatureForm.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
