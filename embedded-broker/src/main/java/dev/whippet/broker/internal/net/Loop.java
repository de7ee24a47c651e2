package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.file.AlignedBuffers;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.file.RingFiles;
import dev.whippet.broker.internal.file.ThreadFiles;
import dev.whippet.broker.internal.net.pulse.Pings;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * One event loop: one thread {@code whippet-loop-<index>} that owns its connections, its partitions
 * and their files. Everything reaches it as an event or a task.
 */
public final class Loop {
  /** Intervals in which a peer that vanished is found at the latest. */
  private static final int PINGS_A_MEMBER = 3;

  private final int index;
  private final MultiThreadIoEventLoopGroup group;
  private final IoEventLoop executor;
  private final LoopFiles files;
  private final AlignedBuffers buffers = new AlignedBuffers();
  private final LoopMemory memory;
  private final Connections connections;
  private final Turns turns;
  private final Pings pings;
  private final Pings pingsOfMembers;

  private Loop(int index, MultiThreadIoEventLoopGroup group, LoopFiles files, NetLimits limits) {
    this.index = index;
    this.group = group;
    this.executor = group.next();
    this.files = files;
    this.memory = new LoopMemory(limits.loopBytesMax());
    this.connections = new Connections(executor, limits, memory);
    this.turns = new Turns(executor);
    this.pings = new Pings(executor, limits.times().pingMillis());
    this.pingsOfMembers = new Pings(executor, limits.times().memberMillis() / PINGS_A_MEMBER);
  }

  /** Starts the thread and its files; blocks while the ring is tried in {@code directory}. */
  static Loop start(int index, Transport transport, Path directory, NetLimits limits) {
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1,
            new DefaultThreadFactory("whippet-loop-" + index) {
              @Override
              public Thread newThread(Runnable work) {
                Thread thread = super.newThread(work);
                thread.setName("whippet-loop-" + index);
                return thread;
              }
            },
            transport.handlers());
    return new Loop(index, group, files(index, transport, group.next(), directory), limits);
  }

  private static LoopFiles files(
      int index, Transport transport, IoEventLoop executor, Path directory) {
    String why = "the loop has no io_uring";
    if (transport.kind() == Transport.Kind.IO_URING) {
      try {
        return RingFiles.start(executor, directory);
      } catch (IOException e) {
        why = e.getMessage();
      }
    }
    return new ThreadFiles(executor, "whippet-disk-" + index, why);
  }

  /** 0 for the first; loop 0 also owns the catalog and the offsets. */
  public int index() {
    return index;
  }

  /** Netty's side of this loop: timers, promises. */
  public EventLoop executor() {
    return executor;
  }

  /** Files on this loop; used on it only. */
  public LoopFiles files() {
    return files;
  }

  /** Block-aligned memory for {@link #files()}. */
  public AlignedBuffers buffers() {
    return buffers;
  }

  /** Memory of everything under way. */
  public LoopMemory memory() {
    return memory;
  }

  /** True on this loop's thread. */
  public boolean inLoop() {
    return executor.inEventLoop();
  }

  /** Runs {@code task} on this loop, later; from any thread. */
  public void execute(Runnable task) {
    executor.execute(task);
  }

  Connections connections() {
    return connections;
  }

  Turns turns() {
    return turns;
  }

  Pings pings() {
    return pings;
  }

  /** For members of consumer groups: who vanished is found in their time. */
  Pings pingsOfMembers() {
    return pingsOfMembers;
  }

  IoEventLoop netty() {
    return executor;
  }

  /** Ends the thread; files must be closed before. Waits at most {@code timeoutMillis}. */
  void stop(long timeoutMillis) {
    buffers.close();
    group
        .shutdownGracefully(0, timeoutMillis, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(2 * timeoutMillis);
  }
}
