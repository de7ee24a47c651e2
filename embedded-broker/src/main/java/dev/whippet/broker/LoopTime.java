package dev.whippet.broker;

import dev.whippet.broker.internal.log.engine.LoopClock;
import dev.whippet.broker.internal.system.WallClock;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/** The system's time of day, and the timers of one loop. */
record LoopTime(EventLoop loop) implements LoopClock {

  @Override
  public long micros() {
    return WallClock.micros();
  }

  @Override
  public void after(long micros, Runnable task) {
    loop.schedule(task, micros, TimeUnit.MICROSECONDS);
  }
}
