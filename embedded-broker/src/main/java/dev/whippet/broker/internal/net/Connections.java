package dev.whippet.broker.internal.net;

import io.netty.channel.EventLoop;

/** The connections of one loop. */
final class Connections {
  Connections(EventLoop loop, NetLimits limits) {}
}
