package dev.whippet.broker.internal.log.engine;

/** No commit file: every batch goes straight into its segment. */
final class StraightCommits implements Commits {

  @Override
  public boolean isOpen() {
    return false;
  }

  @Override
  public void join(Source source) {
    source.declined();
  }
}
