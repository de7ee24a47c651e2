package dev.whippet.broker.internal.system;

import java.net.InetSocketAddress;

/** Addresses as people write them: {@code host:port} or {@code [ipv6]:port}. */
public final class HostPort {
  private static final int PORT_MAX = 65_535;

  private HostPort() {}

  /** Throws {@link IllegalArgumentException} that begins with {@code what}. */
  public static InetSocketAddress parse(String what, String address) {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? "" : address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty()) {
      throw new IllegalArgumentException(what + ": " + address + ", not host:port");
    }
    return new InetSocketAddress(host, port(what, address, address.substring(colon + 1)));
  }

  private static int port(String what, String address, String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= PORT_MAX) {
        return port;
      }
    } catch (NumberFormatException notANumber) {
      // answered below, with the others
    }
    throw new IllegalArgumentException(
        what + ": " + address + ", the port is not a number from 0 to " + PORT_MAX);
  }
}
