package org.hospes.client;

import java.io.FileNotFoundException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hospes.contract.common.FaultCategory;
import org.hospes.image.ImageRefusedException;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;

/**
 * Whatever went wrong, in the words and with the exit code that a person gets. The one place where
 * categories become exit codes.
 *
 * @param code stable and dotted
 * @param advice what to do; empty when nobody knows
 * @param reference of the site's audit log; empty without one
 * @param unexpected a mistake of ours: the stack trace is of use
 */
public record Failure(
    Exit exit,
    String code,
    String message,
    String advice,
    String reference,
    Map<String, String> facts,
    boolean unexpected) {

  /** What the command's exit code says. */
  public enum Exit {
    DONE(0),
    SITE_FAILED(1),
    WRONG_USAGE(2),
    NOT_FOUND(3),
    NOT_AUTHENTICATED(4),
    IMAGE_REFUSED(5),
    NOT_ALLOWED(6),
    TIMED_OUT(7),
    NO_CAPACITY(8);

    private final int code;

    Exit(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  /** Something the client itself found wrong. */
  public static Failure here(Exit exit, String code, String message, String advice) {
    return new Failure(exit, code, message, advice, "", Map.of(), false);
  }

  /** Translates whatever was thrown. */
  public static Failure of(Throwable thrown) {
    if (thrown instanceof CredentialException e) {
      return new Failure(
          Exit.NOT_AUTHENTICATED,
          e.code(),
          e.getMessage(),
          e.advice().orElse(""),
          "",
          e.facts(),
          false);
    }
    if (thrown instanceof ImageRefusedException e) {
      return new Failure(
          Exit.IMAGE_REFUSED,
          e.code(),
          e.getMessage(),
          e.advice().orElse(""),
          "",
          e.facts(),
          false);
    }
    if (thrown instanceof UntrustedPathException e) {
      return here(Exit.NOT_AUTHENTICATED, e.code(), e.getMessage(), "");
    }
    if (thrown instanceof InvalidSettingsException || thrown instanceof IllegalArgumentException) {
      return here(Exit.WRONG_USAGE, "usage", thrown.getMessage(), "");
    }
    if (thrown instanceof NoSuchFileException || thrown instanceof FileNotFoundException) {
      return here(Exit.WRONG_USAGE, "file.missing", "no such file: " + thrown.getMessage(), "");
    }
    if (thrown instanceof AccessDeniedException) {
      return here(
          Exit.WRONG_USAGE, "file.unreadable", "cannot be read: " + thrown.getMessage(), "");
    }
    return Refusals.of(thrown)
        .map(Failure::of)
        .orElseGet(
            () ->
                new Failure(
                    Exit.SITE_FAILED,
                    "client.internal",
                    thrown.toString(),
                    "Run again with --debug, and report what it prints.",
                    "",
                    Map.of(),
                    true));
  }

  /** Why a workspace failed, as the site told it. */
  public static Failure of(WorkspaceView workspace) {
    if (workspace.refusal() == null) {
      return here(
          Exit.SITE_FAILED,
          "workspace." + workspace.state().toLowerCase(java.util.Locale.ROOT),
          "workspace " + workspace.id() + " is " + workspace.state() + ": " + workspace.reason(),
          "");
    }
    return of(workspace.refusal());
  }

  /** What a site told of something that it could not do. */
  public static Failure of(WorkspaceView.RefusalView refusal) {
    return new Failure(
        exit(FaultCategory.fromValue(refusal.category())),
        refusal.code(),
        refusal.message(),
        refusal.advice() == null ? "" : refusal.advice(),
        "",
        refusal.facts(),
        false);
  }

  private static Failure of(RefusalException e) {
    return new Failure(
        exit(e.category()),
        e.code(),
        e.getMessage(),
        e.advice().orElse(""),
        e.reference().orElse(""),
        new LinkedHashMap<>(e.facts()),
        false);
  }

  private static Exit exit(FaultCategory category) {
    return switch (category) {
      case SITE -> Exit.SITE_FAILED;
      case INVALID, CONFLICT -> Exit.WRONG_USAGE;
      case NOT_FOUND -> Exit.NOT_FOUND;
      case UNAUTHENTICATED -> Exit.NOT_AUTHENTICATED;
      case IMAGE_REFUSED -> Exit.IMAGE_REFUSED;
      case NOT_ALLOWED -> Exit.NOT_ALLOWED;
      case TIMED_OUT -> Exit.TIMED_OUT;
      case NO_CAPACITY -> Exit.NO_CAPACITY;
    };
  }
}
