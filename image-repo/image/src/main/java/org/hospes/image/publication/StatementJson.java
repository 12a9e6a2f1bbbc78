package org.hospes.image.publication;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import org.hospes.image.Statement;
import org.hospes.image.json.StrictObject;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.credential.Credential;

/** The bodies of statements: one JSON object each, read strictly and written once. */
final class StatementJson {
  private static final long VERSION = 1;

  interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  private StatementJson() {}

  /** Reads one of a kind; what its version is not known of is refused. */
  static StrictObject read(byte[] body, String kind) {
    StrictObject top = StrictObject.parse(body, kind, Statement.LARGEST);
    if (top.number(kind) != VERSION) {
      throw new IllegalArgumentException(kind + ": expected version 1, found " + top.number(kind));
    }
    return top;
  }

  static Statement signed(String kind, Fields fields, Credential credential)
      throws GeneralSecurityException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
      json.writeStartObject();
      json.writeNumberField(kind, VERSION);
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] body = out.toByteArray();
    return new Statement(body, CmsSignatures.sign(body, credential));
  }
}
