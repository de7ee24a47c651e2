package dev.whippet.broker.walk;

/** A family of commands as the walk gives them: random, with the answer that the model expects. */
interface Family {

  /** Of so many in a hundred, roughly. */
  int weight();

  /** One command: asked, answered, compared, and applied to the model. */
  void step(Walk walk);

  /** The broker was killed and started anew. */
  default void restarted(Walk walk) {}

  /** Compares all that there is with the model. */
  default void compare(Walk walk) {}
}
