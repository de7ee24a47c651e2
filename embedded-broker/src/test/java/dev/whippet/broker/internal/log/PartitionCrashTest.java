package dev.whippet.broker.internal.log;

/** Every batch goes straight into its segment. */
class PartitionCrashTest extends CrashContract {
  PartitionCrashTest() {
    super(LogFixture.small());
  }

  /** Those that write an index. */
  @Override
  int unnoticedMax(int failures) {
    return failures / 2;
  }
}
