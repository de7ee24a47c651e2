package dev.whippet.broker.internal.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.system.SystemSnapshot.Part;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SystemSnapshotTest {
  @TempDir Path directory;

  private SystemSnapshot snapshot() {
    return new SystemSnapshot(
        directory, new MachineFigures(directory), () -> "loops = 2\n", () -> "all is well\n");
  }

  private static Map<String, String> unzip(byte[] zip, int method) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        assertThat(entry.getMethod()).isEqualTo(method);
        files.put(entry.getName(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    return files;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyPartIsAFileOfTheArchive(boolean deflated) throws IOException {
    Files.createDirectories(directory.resolve("catalog"));
    Files.writeString(directory.resolve("catalog/catalog.1"), "12345");

    Map<String, String> files =
        unzip(
            snapshot().zip(deflated, EnumSet.allOf(Part.class)),
            deflated ? ZipEntry.DEFLATED : ZipEntry.STORED);

    assertThat(files)
        .containsOnlyKeys(
            "configuration.txt",
            "files.txt",
            "logs.txt",
            "processes.txt",
            "resources.txt",
            "test.txt");
    assertThat(files.get("configuration.txt")).isEqualTo("loops = 2\n");
    assertThat(files.get("logs.txt")).isEqualTo("all is well\n");
    assertThat(files.get("files.txt")).isEqualTo("5 catalog/catalog.1\n");
    assertThat(files.get("resources.txt")).contains("processId=" + ProcessHandle.current().pid());
    assertThat(files.get("processes.txt")).isNotBlank();
  }

  @Test
  void noPartIsAnEmptyArchive() throws IOException {
    byte[] zip = snapshot().zip(true, Set.of());

    assertThat(zip).startsWith('P', 'K', 5, 6);
  }
}
