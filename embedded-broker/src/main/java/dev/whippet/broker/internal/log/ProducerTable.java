package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Producer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far each producer has come in one partition (whippet-extension.md 3.2): the highest sequence
 * appended, and the highest durable. Bounded; who was heard least recently is forgotten first, but
 * nobody whose commit is under way. Owner loop only.
 *
 * <p>A snapshot at the start of each segment repeats the durable marks, in order of last hearing,
 * little-endian but for the id:
 *
 * <pre>
 *  0  u32  user
 *  4  u16  channel
 *  6  u16  0
 *  8  16   producer id
 * 24  u32  epoch
 * 28  u32  0
 * 32  u64  highest durable sequence
 * </pre>
 */
final class ProducerTable {
  static final int ENTRY_BYTES = 40;

  /** One producer's marks. */
  static final class Marks {
    long appended;
    long durable;
    int epoch;
  }

  private final int producersMax;
  private final LinkedHashMap<Producer, Marks> marks = new LinkedHashMap<>(16, 0.75f, true);
  private volatile long evicted;

  ProducerTable(int producersMax) {
    this.producersMax = producersMax;
  }

  /** {@code null} when unknown; hearing counts as use. */
  Marks find(Producer producer) {
    return marks.get(producer);
  }

  /** Makes room if necessary; {@code null} when nobody can be forgotten. */
  Marks add(Producer producer) {
    if (marks.size() >= producersMax && !evictOne()) {
      return null;
    }
    Marks added = new Marks();
    marks.put(producer, added);
    return added;
  }

  /** Why {@link #add} had no room. */
  LogFailure full() {
    return new LogFailure(
        LogFailure.Reason.TOO_MANY_PRODUCERS,
        "all " + producersMax + " producers have commits under way");
  }

  private boolean evictOne() {
    for (Iterator<Marks> all = marks.values().iterator(); all.hasNext(); ) {
      Marks oldest = all.next();
      if (oldest.appended == oldest.durable) {
        all.remove();
        evicted++;
        return true;
      }
    }
    return false;
  }

  /** Takes up a batch found on disk. */
  void recovered(BatchHeader header) {
    Producer producer = header.producer();
    Marks known = find(producer);
    if (known == null) {
      known = add(producer);
    }
    known.durable = Math.max(known.durable, header.lastSequence);
    known.appended = known.durable;
    known.epoch =
        Integer.compareUnsigned(header.epoch, known.epoch) > 0 ? header.epoch : known.epoch;
  }

  /** A commit failed: what was appended only is forgotten. */
  void rollBack() {
    marks.values().removeIf(one -> one.durable == 0);
    marks.values().forEach(one -> one.appended = one.durable);
  }

  int size() {
    return marks.size();
  }

  long evicted() {
    return evicted;
  }

  /** The snapshot as of now: entries that have nothing durable are left out. */
  byte[] snapshot() {
    ByteBuf out = Unpooled.buffer(marks.size() * ENTRY_BYTES);
    for (Map.Entry<Producer, Marks> one : marks.entrySet()) {
      if (one.getValue().durable > 0) {
        Producer producer = one.getKey();
        out.writeIntLE(producer.userId());
        out.writeShortLE(producer.channel());
        out.writeShortLE(0);
        out.writeLong(producer.idHigh());
        out.writeLong(producer.idLow());
        out.writeIntLE(one.getValue().epoch);
        out.writeIntLE(0);
        out.writeLongLE(one.getValue().durable);
      }
    }
    return ByteBufUtil.getBytes(out);
  }

  /** Replaces everything by a snapshot. */
  void readSnapshot(ByteBuf in, int index, int entries) {
    marks.clear();
    for (int at = index; at < index + entries * ENTRY_BYTES; at += ENTRY_BYTES) {
      Marks one =
          add(
              new Producer(
                  in.getIntLE(at),
                  in.getLong(at + 8),
                  in.getLong(at + 16),
                  in.getUnsignedShortLE(at + 4)));
      one.epoch = in.getIntLE(at + 24);
      one.durable = in.getLongLE(at + 32);
      one.appended = one.durable;
    }
  }
}
