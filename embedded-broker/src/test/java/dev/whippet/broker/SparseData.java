package dev.whippet.broker;

import dev.whippet.broker.internal.log.engine.IndexFile;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** Partitions with little in them that look large: one message a segment, the rest is a hole. */
final class SparseData {
  private static final int PAYLOAD_BYTES = 100;

  private SparseData() {}

  /** {@code sealed} segments of {@code sealedBytes}, with their indexes, and a small newest one. */
  static void write(Path partitions, long incarnation, int sealed, long sealedBytes)
      throws IOException {
    Path directory = partitions.resolve(String.format("%016x", incarnation));
    Files.createDirectories(directory);
    for (int i = 0; i <= sealed; i++) {
      Path path = directory.resolve(String.format("%020d.seg", i));
      long salt = incarnation * 31 + i;
      Segment segment = new Segment(path, i, salt, FileHeader.COPIES_BYTES, sealedBytes);
      ByteBuf bytes = segment(segment, incarnation);
      write(path, bytes, i < sealed ? sealedBytes : bytes.writerIndex());
      segment.length = Files.size(path);
      if (i < sealed) {
        ByteBuf index = Unpooled.buffer();
        IndexFile.write(segment, incarnation, index);
        write(IndexFile.beside(path), index, index.writerIndex());
      }
    }
  }

  private static ByteBuf segment(Segment segment, long incarnation) {
    ByteBuf records = Unpooled.directBuffer();
    records.writeZero(48).writeIntLE(0).writeIntLE(PAYLOAD_BYTES).writeZero(8 + PAYLOAD_BYTES);
    BatchHeader batch = new BatchHeader();
    batch.incarnation = incarnation;
    batch.salt = segment.salt;
    batch.baseOffset = segment.base;
    batch.timestamp = 1_000_000 + segment.base;
    batch.stamp(records, 1, new SplittableRandom(incarnation));
    segment.add(batch, FileHeader.COPIES_BYTES);
    ByteBuf out = Unpooled.buffer();
    new FileHeader(FileHeader.SEGMENT, incarnation, segment.base, segment.salt, 1, 0, 0, 0, 0)
        .write(out);
    batch.write(out);
    out.writeBytes(records);
    records.release();
    Blocks.padTo(out, Blocks.up(out.writerIndex()));
    return out;
  }

  private static void write(Path path, ByteBuf bytes, long length) throws IOException {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      file.write(bytes.nioBuffer(), 0);
      if (length > bytes.writerIndex()) {
        file.write(ByteBuffer.allocate(1), length - 1);
      }
    }
  }
}
