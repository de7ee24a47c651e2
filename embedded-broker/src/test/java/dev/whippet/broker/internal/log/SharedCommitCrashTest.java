package dev.whippet.broker.internal.log;

/** Small batches go to a commit file first, and are folded. */
class SharedCommitCrashTest extends CrashContract {
  SharedCommitCrashTest() {
    super(LogFixture.sharing());
  }

  /** A commit file that can't be made, and a fold that failed, stop nobody. */
  @Override
  int unnoticedMax(int failures) {
    return failures;
  }
}
