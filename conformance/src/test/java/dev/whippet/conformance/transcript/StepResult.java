package dev.whippet.conformance.transcript;

/** How one step went; {@code detail} says why when it is not equal. */
public record StepResult(int n, Verdict verdict, String detail) {
  public enum Verdict {
    /** As recorded. */
    EQUAL,
    /** Another acceptable outcome that the transcript names. */
    ALLOWED,
    DIFFERENT,
    /** Not run, or the command is not built yet. */
    SKIPPED
  }
}
