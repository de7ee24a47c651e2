package dev.whippet.broker.internal.log.engine;

/**
 * Room in a commit file, taken up by batches until they are durable in their segments. Nobody
 * writes there before everything is given back. Owner loop only.
 */
public final class CommitSpace {
  private final Runnable whenFree;
  private int held;
  private boolean sealed;

  /**
   * @param whenFree runs once, when nothing is held after {@link #seal}
   */
  public CommitSpace(Runnable whenFree) {
    this.whenFree = whenFree;
  }

  /** One more batch is durable here and nowhere else. */
  public void hold() {
    if (sealed) {
      throw new IllegalStateException("a batch for a sealed commit file");
    }
    held++;
  }

  /** A batch is durable in its segment, or belongs to nobody any more. */
  public void giveBack() {
    if (held == 0) {
      throw new IllegalStateException("given back what nobody held");
    }
    held--;
    freeIfUnused();
  }

  /** No more batches come. */
  public void seal() {
    sealed = true;
    freeIfUnused();
  }

  private void freeIfUnused() {
    if (sealed && held == 0) {
      whenFree.run();
    }
  }
}
