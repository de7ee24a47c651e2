package dev.whippet.samples.sensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * What one process wrote down itself: a line {@code publisher sequence checksum} per record. Each
 * line reaches the operating system before {@link #write} returns, so that it survives the death of
 * the process (not of the machine: it is evidence, not storage). Thread-safe.
 */
public final class Ledger implements AutoCloseable {

  /** One line. {@code checksum} is the CRC-32 of the payload. */
  public record Line(String publisher, long sequence, long checksum) {

    /** The line for {@code payload}. */
    public static Line of(String publisher, long sequence, byte[] payload) {
      CRC32 crc = new CRC32();
      crc.update(payload);
      return new Line(publisher, sequence, crc.getValue());
    }
  }

  private final Writer out;

  private Ledger(Writer out) {
    this.out = out;
  }

  /** Opens {@code file} for appending; creates it when missing. */
  public static Ledger append(Path file) throws IOException {
    return new Ledger(
        Files.newBufferedWriter(
            file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  /** Appends {@code lines} with one write to the operating system. */
  public synchronized void write(List<Line> lines) {
    try {
      for (Line line : lines) {
        out.write(line.publisher + " " + line.sequence + " " + line.checksum + "\n");
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * All whole lines of {@code file}, in the order they were written; a last line that a kill cut
   * off is left out. An absent file has none.
   */
  public static List<Line> read(Path file) throws IOException {
    List<Line> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    String text = Files.readString(file, StandardCharsets.UTF_8);
    int wholeLength = text.lastIndexOf('\n') + 1;
    for (String line : text.substring(0, wholeLength).split("\n")) {
      if (!line.isEmpty()) {
        String[] fields = line.split(" ");
        lines.add(new Line(fields[0], Long.parseLong(fields[1]), Long.parseLong(fields[2])));
      }
    }
    return lines;
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
