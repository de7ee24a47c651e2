package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.segment.Format;
import dev.whippet.testkit.MemoryDisk;
import java.io.File;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** The bytes of docs/FORMAT.md, and that no byte passes outside its place. */
final class FormatTest {
  private static final long SERIAL = 0x0000000300000002L;
  private static final long OFFSET = 0x1c0;

  private final Format.Crc crc = new Format.Crc();

  @Test
  void recordHasTheBytesOfTheDocument() {
    byte[] b = record();

    assertThat(HexFormat.of().formatHex(b, 0, 4)).isEqualTo("48000000");
    assertThat(HexFormat.of().formatHex(b, 12, 72))
        .isEqualTo(
            "01020000" // kind message, choice key, lane
                + "0700000000000000" // sequence
                + "1100000000000000" // origin timestamp
                + "05000000" // route
                + "ddccbbaa" // key hash
                + "00000000" // time to live
                + "02000000" // key length
                + "03000000" // headers length
                + "04000000" // payload length
                + "6b79"
                + "010203"
                + "64617461"
                + "00000000000000");
    CRC32 body = new CRC32();
    body.update(b, 56, 16);
    assertThat(Format.i32(b, 8)).isEqualTo((int) body.getValue());
    CRC32 header = new CRC32();
    header.update(HexFormat.of().parseHex("0200000003000000c001000000000000"));
    header.update(b, 0, 4);
    header.update(b, 8, 48);
    assertThat(Format.i32(b, 4)).isEqualTo((int) header.getValue());
  }

  @Test
  void recordPassesOnlyInItsSegmentsLifeAtItsPlaceAndBeforeTheEnd() {
    byte[] b = record();

    assertThat(crc.isRecord(b, 0, SERIAL, OFFSET, OFFSET + 72)).isTrue();
    assertThat(crc.isBody(b, 0)).isTrue();
    assertThat(crc.isRecord(b, 0, SERIAL + 1, OFFSET, OFFSET + 72)).isFalse();
    assertThat(crc.isRecord(b, 0, SERIAL, OFFSET + 8, OFFSET + 80)).isFalse();
    assertThat(crc.isRecord(b, 0, SERIAL, OFFSET, OFFSET + 71)).isFalse();
  }

  @Test
  void everyFlippedBitOfARecordIsNoticed() {
    for (int bit = 0; bit < 72 * 8; bit++) {
      byte[] b = record();
      b[bit / 8] ^= (byte) (1 << bit % 8);

      boolean sound = crc.isRecord(b, 0, SERIAL, OFFSET, OFFSET + 4096) && crc.isBody(b, 0);

      assertThat(sound).as("bit %d", bit).isFalse();
    }
  }

  /** Version 1 had a meta slot of 128 bytes, no channels, and nothing behind the segment header. */
  @Test
  void directoryOfVersion1IsChannel0() throws Exception {
    MemoryDisk disk = new MemoryDisk(1);
    Recorder recorder = new Recorder();
    try (Outbox outbox = Outbox.open(OutboxModel.small().build(), disk, recorder)) {
      int route = outbox.routeFor("plant", "readings");
      for (int i = 1; i <= 3; i++) {
        recorder.awaitStored(outbox.send(new Entry().route(route).payload(new byte[] {(byte) i})));
      }
      outbox.acknowledge(1);
    }
    for (long slot = 0; slot <= 4096; slot += 4096) {
      makeVersion1(disk, Meta.NAME, slot, 128, 0);
    }
    byte[] header = disk.read("outbox/" + Spares.slotName(1), 0, Format.SEGMENT_BYTES);
    makeVersion1(disk, Spares.slotName(1), 0, 128, Format.i64(header, 16));

    try (Outbox outbox = Outbox.open(OutboxModel.small().build(), disk, recorder);
        Cursor cursor = outbox.cursor(0)) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.sequence()).isEqualTo(2);
      assertThat(outbox.route(cursor.route()).topic()).isEqualTo("readings");
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.payload()).containsExactly(3);
      assertThat(cursor.next()).isFalse();
      assertThat(outbox.acknowledgedSequence(0)).isEqualTo(1);
      assertThat(outbox.send(new Entry().route(1))).isEqualTo(4);
    }
    assertThat(recorder.gaps()).isEmpty();
  }

  private void makeVersion1(MemoryDisk disk, String name, long at, int bytes, long serial)
      throws Exception {
    byte[] b = new byte[256];
    try (Disk.DiskFile file = disk.open(new File(OutboxModel.DIRECTORY, name))) {
      file.read(at, b, 0, b.length);
      Format.put32(b, 8, 1);
      if (name.equals(Meta.NAME)) {
        Format.zero(b, 96, 160);
      }
      crc.seal(b, 0, bytes, serial, at);
      file.write(at, b, 0, name.equals(Meta.NAME) ? b.length : bytes);
    }
  }

  @Test
  void damagedNewestSlotSkipsWhatItMayHaveReserved() throws Exception {
    MemoryDisk disk = new MemoryDisk(1);
    Meta meta = new Meta(disk, OutboxModel.DIRECTORY);
    meta.load(256);
    meta.epoch = 1;
    meta.reserved.set(0, 256);
    meta.create();
    meta.epoch = 2;
    meta.reserved.set(0, 400);
    meta.save();
    disk.flip(disk.paths().get(0), 4096 + 70, 3);

    Meta again = new Meta(disk, OutboxModel.DIRECTORY);
    again.load(256);

    assertThat(again.lost).isFalse();
    assertThat(again.producerId()).isEqualTo(meta.producerId());
    assertThat(again.reserved.get(0)).isGreaterThanOrEqualTo(400);
    assertThat(again.epoch).isGreaterThanOrEqualTo(2);
    assertThat(again.instance).isNotEqualTo(meta.instance);
  }

  private byte[] record() {
    Entry entry =
        new Entry()
            .route(5)
            .originTimestampMicros(17)
            .key(0xaabbccdd, new byte[] {'k', 'y'})
            .headers(new byte[] {1, 2, 3})
            .payload("data".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    byte[] b = new byte[(int) Format.recordLength(9)];
    entry.write(b, 0, b.length, 7);
    crc.sealRecord(b, 0, SERIAL, OFFSET);
    return b;
  }
}
