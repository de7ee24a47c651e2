package dev.whippet.broker.internal.http.exchange;

/** A request ends here with this answer. Without a stack: peers cause it at will. */
public final class HttpRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Answer answer;

  public HttpRefusal(Answer answer) {
    super("status " + answer.status(), null, false, false);
    this.answer = answer;
  }

  /** One of section 7, as {@link Errors} says it. */
  public static HttpRefusal of(int code) {
    return new HttpRefusal(Errors.answer(code));
  }

  /** A path or query that is not as it should be. */
  public static HttpRefusal badRequest(String text) {
    return new HttpRefusal(Answer.text(400, text));
  }

  /** JSON that is none of the shape that it should have. */
  public static HttpRefusal wrongShape(String text) {
    return new HttpRefusal(Answer.text(422, text));
  }

  public Answer answer() {
    return answer;
  }
}
