package dev.whippet.broker.internal.system;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * What somebody who helps wants to see, as the ZIP of get_snapshot (iggy-classic.md 3.3): one text
 * file a part. No messages, no names of topics, no secrets: of processes the names without their
 * arguments, of the configuration what the broker tells about itself. Blocks: files are listed.
 */
public final class SystemSnapshot {

  /** Lines of one part; more are counted. */
  static final int LINES_MAX = 10_000;

  private static final Path PROC = Path.of("/proc");

  /** One file of the archive. */
  public enum Part {
    FILES,
    PROCESSES,
    RESOURCES,
    TEST,
    LOGS,
    CONFIGURATION;

    private String fileName() {
      return name().toLowerCase(Locale.ROOT) + ".txt";
    }
  }

  private final Path dataDirectory;
  private final MachineFigures figures;
  private final Supplier<String> configuration;
  private final Supplier<String> logs;

  /**
   * @param configuration the effective settings in lines, without secrets
   * @param logs what happened and what is wrong, in lines
   */
  public SystemSnapshot(
      Path dataDirectory,
      MachineFigures figures,
      Supplier<String> configuration,
      Supplier<String> logs) {
    this.dataDirectory = dataDirectory;
    this.figures = figures;
    this.configuration = configuration;
    this.logs = logs;
  }

  /**
   * The archive.
   *
   * @param deflated false: stored as it is
   * @throws IOException when something can't be read
   */
  public byte[] zip(boolean deflated, Collection<Part> parts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Part part : parts) {
        byte[] text = text(part).getBytes(StandardCharsets.UTF_8);
        ZipEntry entry = new ZipEntry(part.fileName());
        if (!deflated) {
          store(entry, text);
        }
        zip.putNextEntry(entry);
        zip.write(text);
        zip.closeEntry();
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return bytes.toByteArray();
  }

  private static void store(ZipEntry entry, byte[] text) {
    CRC32 crc = new CRC32();
    crc.update(text);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(text.length);
    entry.setCrc(crc.getValue());
  }

  private String text(Part part) throws IOException {
    return switch (part) {
      case FILES -> files();
      case PROCESSES -> processes();
      case RESOURCES -> resources();
      case TEST -> "this is a test\n";
      case LOGS -> logs.get();
      case CONFIGURATION -> configuration.get();
    };
  }

  private String files() throws IOException {
    List<String> lines = new ArrayList<>();
    Files.walkFileTree(
        dataDirectory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile()) {
              lines.add(attributes.size() + " " + dataDirectory.relativize(file));
            }
            return lines.size() > LINES_MAX ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException goneOrHidden) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException goneMeanwhile) {
            return FileVisitResult.CONTINUE;
          }
        });
    return lines(lines);
  }

  private String processes() throws IOException {
    if (!Files.isDirectory(PROC)) {
      return "unknown\n";
    }
    try (Stream<Path> all = Files.list(PROC)) {
      return lines(
          all.filter(path -> path.getFileName().toString().matches("[0-9]+"))
              .map(path -> path.getFileName() + " " + word(path.resolve("comm")))
              .limit(LINES_MAX + 1L)
              .toList());
    }
  }

  private String resources() {
    return figures
            .read()
            .toString()
            .replaceFirst("^Figures\\[", "")
            .replaceFirst("]$", "")
            .replace(", ", "\n")
        + "\n";
  }

  private static String lines(List<String> lines) {
    String more = lines.size() > LINES_MAX ? "and more\n" : "";
    return String.join("\n", lines.subList(0, Math.min(lines.size(), LINES_MAX))) + "\n" + more;
  }

  /** It may go while it is looked at. */
  private static String word(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (IOException gone) {
      return "-";
    }
  }
}
