package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.log.engine.IndexFile;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.Blocks;
import io.netty.buffer.ByteBuf;

/**
 * Writes the {@link IndexFile} of a segment when another one has followed it. Nobody waits for it
 * but the end of the log, and a failure is no loss: start-up makes the index anew. Owner loop only.
 */
final class SealedIndexes {
  private final LogLoop loop;
  private final PartitionLog log;
  private int underWay;

  SealedIndexes(LogLoop loop, PartitionLog log) {
    this.loop = loop;
    this.log = log;
  }

  boolean isIdle() {
    return underWay == 0;
  }

  /** The commit behind the segment is durable. One with a gap is read again at each start. */
  void write(Segment sealed) {
    if (sealed.messages == 0 || sealed.messages != sealed.endOffset - sealed.base) {
      return;
    }
    underWay++;
    loop.files.open(
        IndexFile.beside(sealed.path),
        (file, failure) -> {
          if (failure != null) {
            ended();
          } else {
            write(sealed, file);
          }
        });
  }

  private void write(Segment sealed, AsyncFile file) {
    ByteBuf index;
    try {
      index = loop.allocateBlocks((int) Blocks.up((long) IndexFile.bytes(sealed)));
    } catch (OutOfMemoryError e) {
      file.close((closed, notClosed) -> ended()); // the next start writes it
      return;
    }
    IndexFile.write(sealed, log.incarnation(), index);
    Blocks.padTo(index, index.capacity());
    file.writeDurably(
        0,
        index,
        (nothing, failure) -> {
          index.release();
          file.close((closed, notClosed) -> ended());
        });
  }

  private void ended() {
    underWay--;
    log.endIfQuiet();
  }
}
