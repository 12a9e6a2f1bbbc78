package org.hospes.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.PrintStream;
import java.util.function.Consumer;

/** Writes data to standard output in the form that was asked for. */
final class Output {
  /** The forms of {@code -o}. */
  enum Form {
    table,
    json,
    yaml
  }

  private final Form form;
  private final PrintStream out;

  Output(Form form, PrintStream out) {
    this.form = form;
    this.out = out;
  }

  /**
   * Prints a value.
   *
   * @param people writes it for people
   */
  void print(Object value, Consumer<PrintStream> people) {
    try {
      switch (form) {
        case table -> people.accept(out);
        case json -> out.println(json().writeValueAsString(value));
        case yaml -> out.print(yaml().writeValueAsString(value));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a view of our own cannot be written: " + e.getMessage(), e);
    }
    out.flush();
  }

  private static ObjectMapper json() {
    return with(new ObjectMapper()).enable(SerializationFeature.INDENT_OUTPUT);
  }

  private static ObjectMapper yaml() {
    return with(
        new ObjectMapper(
            YAMLFactory.builder()
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .build()));
  }

  private static ObjectMapper with(ObjectMapper mapper) {
    return mapper
        .registerModule(new JavaTimeModule())
        .registerModule(new SimpleModule().addSerializer(String.class, new Harmless()))
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
  }

  /** Keeps terminal controls out of what may be looked at with {@code cat}. */
  private static final class Harmless extends StdScalarSerializer<String> {
    private static final long serialVersionUID = 1L;

    Harmless() {
      super(String.class);
    }

    @Override
    public void serialize(String value, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeString(Terminal.text(value));
    }
  }
}
