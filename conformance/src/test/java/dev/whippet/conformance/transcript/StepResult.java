package dev.whippet.conformance.transcript;

/** How one step went; {@code detail} says why when it is not equal. */
public record StepResult(int n, Verdict verdict, String detail) {
  public enum Verdict {
    /** As recorded. */
    EQUAL,
    /** Another acceptable outcome that the transcript or {@link Divergence} names. */
    ALLOWED,
    DIFFERENT,
    /** Not run: the scenario was over before. */
    SKIPPED
  }
}
