package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.websocket.MaskedCopy;
import dev.whippet.broker.internal.wire.Admission;
import dev.whippet.broker.internal.wire.BatchPlacement;
import dev.whippet.broker.internal.wire.ClassicDialect;
import dev.whippet.broker.internal.wire.Refusal;
import dev.whippet.internal.wire.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;

/**
 * Cuts a connection's byte stream into requests (iggy-classic.md 1.1), however it arrives. TCP and
 * WebSocket share it: WebSocket's mask goes into the one copy that a payload takes, into a buffer
 * of its exact size.
 *
 * <pre>
 *   HEADER    8 bytes                 --complete--> ADMISSION
 *   ADMISSION no room                 blocked: bytes are held, reading stops; resume() retries
 *             TAKE, counted           --> PAYLOAD --complete--> decoded, queued --> HEADER
 *             DRAIN, DRAIN_AND_TAKE   --> DRAIN --complete--> answered or queued --> HEADER
 *             CLOSE                   --> OVER, answered
 *   OVER      bytes are thrown away
 * </pre>
 *
 * <p>Limits: {@link Admission} for one request, {@link ReplyQueue#accepts} for those under way,
 * {@link LoopMemory} for all of the loop. Nothing is allocated before a length has passed all
 * three, and of a large payload a sixteenth only: the rest when that much of it has come. Who
 * announces much and sends nothing costs the loop no time. Owner: the connection's loop.
 */
final class RequestAssembler {
  private static final int LARGE_BYTES_MIN = 64 << 10;

  /** Memory for this part of a large payload first. */
  private static final int FIRST_SHARE = 16;

  private enum State {
    HEADER,
    ADMISSION,
    PAYLOAD,
    DRAIN,
    OVER
  }

  private final Connection connection;
  private final ReplyQueue queue;
  private final LoopMemory memory;
  private final ByteBufAllocator allocator;
  private final ByteBufAllocator large;

  private State state = State.HEADER;
  private long header;
  private int headerBytes;
  private int code;
  private long missing;
  private Admission admission;
  private ByteBuf payload;
  private long charged;

  private ByteBuf held;
  private long heldCharged;
  private boolean blocked;
  private boolean awaitingMemory;
  private boolean running;
  private long frames;

  /**
   * @param large for payloads from {@value #LARGE_BYTES_MIN} bytes on
   */
  RequestAssembler(
      Connection connection,
      ReplyQueue queue,
      LoopMemory memory,
      ByteBufAllocator allocator,
      ByteBufAllocator large) {
    this.connection = connection;
    this.queue = queue;
    this.memory = memory;
    this.allocator = allocator;
    this.large = large;
  }

  /** Takes exactly {@code length} bytes of {@code in}; {@code mask} as in {@link MaskedCopy}. */
  void read(ByteBuf in, int length, int mask) {
    int start = in.readerIndex();
    int end = start + length;
    if (!blocked && held == null) {
      run(in, end, mask);
    }
    int left = end - in.readerIndex();
    if (left > 0) {
      hold(in, left, MaskedCopy.rotate(mask, length - left));
    }
  }

  /** True while the next request waits for room: the connection is not read. */
  boolean blocked() {
    return blocked;
  }

  /**
   * Payload bytes still to come of the frame under way, 0 while its header is incomplete; -1
   * between two frames and while a frame waits for us.
   */
  long missingBytes() {
    if (state == State.PAYLOAD || state == State.DRAIN) {
      return missing;
    }
    return state == State.HEADER && headerBytes > 0 ? 0 : -1;
  }

  /** True while bytes wait for the connection's next share of the loop, or for room. */
  boolean isBehind() {
    return held != null && !running;
  }

  /** True while a request that is not complete holds memory. */
  boolean holdsMemory() {
    return charged > 0;
  }

  /** Complete frames seen so far. */
  long frames() {
    return frames;
  }

  /** There may be room now. */
  void resume() {
    if (running || awaitingMemory) {
      return;
    }
    if (blocked) {
      blocked = false;
      admit();
    }
    if (!blocked && held != null) {
      run(held, held.writerIndex(), 0);
    }
    if (held != null && !held.isReadable()) {
      dropHeld();
    }
  }

  /** No more requests of this connection: gives everything back. */
  void stop() {
    state = State.OVER;
    blocked = false;
    headerBytes = 0;
    missing = 0;
    if (payload != null) {
      payload.release();
      payload = null;
    }
    long back = charged;
    charged = 0;
    if (held != null && !running) {
      dropHeld();
    }
    memory.give(back);
  }

  private void run(ByteBuf in, int end, int mask) {
    running = true;
    try {
      int rotated = mask;
      while (in.readerIndex() < end && !blocked && hasShare()) {
        int before = in.readerIndex();
        step(in, end - before, rotated);
        rotated = MaskedCopy.rotate(rotated, in.readerIndex() - before);
      }
    } finally {
      running = false;
    }
  }

  private boolean hasShare() {
    return state == State.OVER || connection.steps() > 0;
  }

  private void step(ByteBuf in, int available, int mask) {
    switch (state) {
      case HEADER -> readHeader(in, available, mask);
      case PAYLOAD -> readPayload(in, (int) Math.min(missing, available), mask);
      case DRAIN -> {
        int length = (int) Math.min(missing, available);
        in.skipBytes(length);
        missing -= length;
        if (missing == 0) {
          drained();
        }
      }
      case OVER -> in.skipBytes(available);
      case ADMISSION -> throw new IllegalStateException("bytes before admission");
    }
  }

  private void readPayload(ByteBuf in, int available, int mask) {
    if (!payload.isWritable() && !takeWhole()) {
      return;
    }
    int length = Math.min(payload.writableBytes(), available);
    MaskedCopy.copy(in, payload, length, mask);
    missing -= length;
    if (missing == 0) {
      take();
    }
  }

  private void readHeader(ByteBuf in, int available, int mask) {
    if (headerBytes == 0 && available >= Limits.FRAME_HEADER_BYTES && mask == 0) {
      header = in.readLongLE();
    } else {
      if (headerBytes == 0) {
        header = 0;
      }
      int b = in.readByte() ^ mask >>> 24;
      header |= (b & 0xffL) << 8 * headerBytes;
      headerBytes++;
      if (headerBytes < Limits.FRAME_HEADER_BYTES) {
        return;
      }
    }
    headerBytes = 0;
    state = State.ADMISSION;
    admit();
  }

  private void admit() {
    if (state != State.ADMISSION) {
      return;
    }
    long length = (header & 0xffff_ffffL) - Integer.BYTES;
    code = (int) (header >>> 32);
    if (!queue.accepts(Math.max(length, 0))) {
      blocked = true;
      return;
    }
    admission = Admission.of(code, length, connection.loggedIn());
    missing = Math.max(length, 0);
    switch (admission.action()) {
      case TAKE -> allocate((int) length);
      case DRAIN, DRAIN_AND_TAKE -> {
        state = State.DRAIN;
        if (missing == 0) {
          drained();
        }
      }
      case CLOSE -> {
        missing = 0;
        state = State.OVER;
        queue.refuse(admission.status(), true);
      }
    }
  }

  private void allocate(int length) {
    if (length == 0) {
      handOver(Unpooled.EMPTY_BUFFER);
      return;
    }
    if (memory.tryTake(length)) {
      allocated(length);
      return;
    }
    blocked = true;
    awaitingMemory = true;
    memory.await(
        length,
        () -> {
          awaitingMemory = false;
          if (state == State.OVER) { // ended meanwhile
            memory.give(length);
            return;
          }
          allocated(length);
          connection.resumeReading();
        });
  }

  private void allocated(int length) {
    charged = length;
    state = State.PAYLOAD;
    payload = buffer(length < LARGE_BYTES_MIN ? length : length / FIRST_SHARE);
  }

  /**
   * The first part of the payload came: memory for all of it, such that the log can write a batch
   * from there; false when there is none.
   */
  private boolean takeWhole() {
    ByteBuf whole = null;
    try {
      int bytes = payload.writerIndex() + (int) missing;
      whole = BatchPlacement.allocate(large, LoopFiles.BLOCK_BYTES, code, payload, bytes);
    } catch (OutOfMemoryError e) {
      noMemory(e);
    }
    if (whole != null) {
      whole.writeBytes(payload);
      payload.release();
      payload = whole;
    }
    return whole != null;
  }

  /** Null, and the connection ends, when the process has none in spite of its budget. */
  private ByteBuf buffer(int bytes) {
    try {
      return (bytes < LARGE_BYTES_MIN ? allocator : large).directBuffer(bytes, bytes);
    } catch (OutOfMemoryError e) {
      noMemory(e);
      return null;
    }
  }

  /** Direct memory: others took more than they were to. */
  private void noMemory(OutOfMemoryError e) {
    state = State.OVER;
    connection.drop(e.getMessage());
  }

  private void take() {
    ByteBuf complete = payload;
    payload = null;
    try {
      handOver(complete);
    } finally {
      complete.release();
    }
  }

  private void drained() {
    if (admission.action() == Admission.Action.DRAIN) {
      nextFrame();
      queue.refuse(admission.status(), false);
    } else {
      handOver(Unpooled.EMPTY_BUFFER);
    }
  }

  private void handOver(ByteBuf complete) {
    nextFrame();
    Request request;
    try {
      request = ClassicDialect.decode(code, complete);
    } catch (Refusal e) {
      giveCharged();
      queue.refuse(e.status(), false);
      return;
    }
    long bytes = charged;
    charged = 0;
    queue.add(request, bytes);
  }

  private void nextFrame() {
    state = State.HEADER;
    frames++;
    connection.spend(1);
  }

  private void giveCharged() {
    long back = charged;
    charged = 0;
    memory.give(back);
  }

  private void hold(ByteBuf in, int length, int mask) {
    if (state != State.OVER && !hasRoomToHold(length)) {
      state = State.OVER;
      connection.drop("sends on while the loop has no memory for it");
    }
    if (state == State.OVER) {
      in.skipBytes(length);
      return;
    }
    if (held == null) {
      held = allocator.directBuffer(length);
    }
    held.discardSomeReadBytes().ensureWritable(length);
    MaskedCopy.copy(in, held, length, mask);
    heldCharged += length;
  }

  private boolean hasRoomToHold(int length) {
    boolean early =
        !connection.loggedIn() && heldCharged + length > NetLimits.BEFORE_LOGIN_BYTES_MAX;
    return memory.tryHold(length, early);
  }

  private void dropHeld() {
    held.release();
    held = null;
    memory.dropHeld(heldCharged);
    heldCharged = 0;
  }
}
