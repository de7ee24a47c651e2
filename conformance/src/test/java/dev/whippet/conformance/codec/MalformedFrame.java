package dev.whippet.conformance.codec;

/** Bytes that do not follow the layout: what was expected, what was found, at which offset. */
public final class MalformedFrame extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MalformedFrame(String message) {
    super(message);
  }
}
