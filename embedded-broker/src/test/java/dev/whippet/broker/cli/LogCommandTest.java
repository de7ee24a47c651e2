package dev.whippet.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import dev.whippet.broker.LogToolData;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code log} on directories that a broker has left. */
final class LogCommandTest {
  private static final int MESSAGES = 40;

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.run(arguments, Map.of(), new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private void fill() throws Exception {
    LogToolData.fill(directory, MESSAGES, 7_000);
  }

  private Path segment() throws Exception {
    return files(".seg").get(0);
  }

  private List<Path> files(String suffix) throws Exception {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(path -> path.toString().endsWith(suffix)).sorted().toList();
    }
  }

  @Test
  void listsDescribesAndDumpsWhatIsThere() throws Exception {
    fill();
    Map<Path, byte[]> before = contents();

    assertThat(run("log", "ls", directory.toString())).isZero();
    assertThat(out.toString()).contains("readings/room/0").contains("  40  ");
    assertThat(run("log", "ls", "--json", directory.toString())).isZero();
    assertThat(out.toString()).contains("\"partition\":\"readings/room/0\",\"segments\":1");
    assertThat(run("log", "describe", directory.toString(), "readings/room/0")).isZero();
    assertThat(out.toString()).contains("messages      40").contains("offsets 0 to 40");
    assertThat(run("log", "dump", directory.toString(), "readings/room/0", "--from=7", "--count=2"))
        .isZero();
    assertThat(out.toString().lines()).hasSize(2);
    assertThat(out.toString()).startsWith("7  ").contains("reading 7").contains("reading 8");
    assertThat(run("log", "dump", "--json", directory.toString(), "readings/room/0")).isZero();
    assertThat(out.toString().lines()).hasSize(MESSAGES);

    assertThat(contents().keySet()).as("nothing is changed").isEqualTo(before.keySet());
    before.forEach((path, bytes) -> assertThat(path).hasBinaryContent(bytes));
  }

  private Map<Path, byte[]> contents() throws Exception {
    Map<Path, byte[]> contents = new java.util.TreeMap<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        contents.put(path, Files.readAllBytes(path));
      }
    }
    return contents;
  }

  @Test
  void soundDataVerifies() throws Exception {
    fill();

    assertThat(run("log", "verify", directory.toString())).isZero();

    assertThat(out.toString()).contains("40 messages in ").doesNotContain("wrong");
    assertThat(run("log", "verify", "--json", directory.toString())).isZero();
    assertThat(out.toString()).contains("{\"sound\":true,");
  }

  @Test
  void verifyNamesFileOffsetAndRecordOfEveryFlippedByte() throws Exception {
    fill();
    Path file = segment();
    byte[] sound = Files.readAllBytes(file);
    List<Integer> unseen = new ArrayList<>();
    int tested = 0;
    for (int at = 0; at < sound.length; at += 14_741) {
      if (sound[at] == 0) {
        continue; // padding is nobody's
      }
      byte[] damaged = sound.clone();
      damaged[at] ^= 4;
      Files.write(file, damaged);
      tested++;
      if (run("log", "verify", directory.toString()) != 1
          || !out.toString().contains("wrong: " + file)) {
        unseen.add(at);
      }
    }

    assertThat(tested).isGreaterThan(8);
    assertThat(unseen).isEmpty();
  }

  @Test
  void verifyNamesTheRecord() throws Exception {
    fill();
    Path file = segment();
    byte[] bytes = Files.readAllBytes(file);
    int at = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("reading 17.");
    bytes[at] ^= 1;
    Files.write(file, bytes);

    assertThat(run("log", "verify", directory.toString())).isEqualTo(1);

    assertThat(out.toString()).contains("offset 17, record 7 of its batch");
    assertThat(run("log", "verify", "--json", directory.toString())).isEqualTo(1);
    assertThat(out.toString()).contains("\"offset\":17,\"record\":7");
  }

  @Test
  void batchesThatAreOnlyInACommitFileAreShownAndTheirDamageIsFound() throws Exception {
    LogToolData.fill(directory, MESSAGES, 0);
    assertThat(files(".seg")).isEmpty();
    Path file = files(".cmt").get(0);

    assertThat(run("log", "ls", directory.toString())).isZero();
    assertThat(out.toString()).contains("readings/room/0").contains("  40  ");
    assertThat(run("log", "dump", directory.toString(), "readings/room/0")).isZero();
    assertThat(out.toString().lines()).hasSize(MESSAGES);
    assertThat(run("log", "verify", directory.toString())).isZero();
    assertThat(out.toString()).contains("40 messages in ");
    byte[] bytes = Files.readAllBytes(file);
    int at = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("reading 37.");
    bytes[at] ^= 1;
    Files.write(file, bytes);
    assertThat(run("log", "verify", directory.toString())).isEqualTo(1);
    assertThat(out.toString()).as("not taken for an unfinished end").contains("offset 30");
  }

  @Test
  void aDamagedJournalIsFound() throws Exception {
    fill();
    Path journal = directory.resolve("catalog/catalog.1");
    byte[] bytes = Files.readAllBytes(journal);
    bytes[8192 + 45] ^= 1;
    Files.write(journal, bytes);

    assertThat(run("log", "verify", directory.toString())).isEqualTo(1);
    assertThat(out.toString()).contains(journal.toString());
  }

  @Test
  void aDirectoryInUseAndOneThatIsNoneAreAnsweredInOneLine() throws Exception {
    BrokerConfig.Builder settings =
        Broker.builder().listen("127.0.0.1:0").dataDirectory(directory).loops(1);
    try (Broker broker = settings.start()) {
      assertThat(broker.health().problems()).isEmpty();
      assertThat(run("log", "ls", directory.toString())).isEqualTo(1);
      assertThat(err.toString().lines()).hasSize(1);
      assertThat(err.toString())
          .contains("is in use by a broker (process " + ProcessHandle.current().pid() + ")");
    }
    assertThat(run("log", "ls", directory.toString())).isZero();
    assertThat(run("log", "ls", directory.resolve("none").toString())).isEqualTo(1);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(run("log", "dump", directory.toString(), "a/b/0")).isEqualTo(1);
    assertThat(err.toString()).contains("no partition a/b/0");
    assertThat(run("log")).isEqualTo(2);
  }
}
