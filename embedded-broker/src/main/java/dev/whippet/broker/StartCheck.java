package dev.whippet.broker;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.broker.internal.tls.TlsException;
import dev.whippet.broker.internal.tls.TlsFiles;
import dev.whippet.broker.internal.tls.TlsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a start would do, as far as that can be seen without one: nothing is made or changed, and
 * a broker that runs with the same settings is in nobody's way. Blocks.
 *
 * <pre>
 *   data directory   it, or the one that it would be made in, can be written
 *   disk-free        the disk is larger
 *   addresses        are this machine's; whether a port is free is not looked at
 *   TLS              certificate, key and authorities can be read, and fit
 * </pre>
 */
final class StartCheck {
  private StartCheck() {}

  /** Throws the first that would not do. */
  static void run(BrokerConfig config) throws BrokerException {
    checkDirectory(config);
    for (BrokerConfig.Port port : config.ports) {
      checkAddress(port.address());
    }
    if (config.tls != null) {
      try {
        checkTls(config.tls);
      } catch (TlsException e) {
        throw new BrokerException(Reason.TLS_UNUSABLE, e.getMessage(), e);
      }
    }
  }

  /** The same port twice would be refused by the system, at the start. */
  static void requireApart(InetSocketAddress first, InetSocketAddress second) {
    boolean samePort = first.getPort() == second.getPort() && first.getPort() != 0;
    boolean all = first.getAddress().isAnyLocalAddress() || second.getAddress().isAnyLocalAddress();
    if (samePort && (all || first.getAddress().equals(second.getAddress()))) {
      throw new IllegalArgumentException(
          "listen: "
              + FrontDoors.text(second)
              + " is taken by "
              + FrontDoors.text(first)
              + ": one address serves every protocol");
    }
  }

  private static void checkDirectory(BrokerConfig config) throws BrokerException {
    Path wanted = config.dataDirectory;
    Path existing = wanted;
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    boolean usable = Files.isDirectory(existing) && Files.isWritable(existing);
    if (!usable || !Files.isReadable(existing) || !Files.isExecutable(existing)) {
      throw new BrokerException(
          Reason.DATA_DIRECTORY_UNUSABLE,
          "data directory "
              + wanted
              + " can't be used: "
              + existing
              + " is no directory that this user may read and write:"
              + " make it one, or choose another",
          null);
    }
    long diskBytes = Retainer.totalBytes(existing);
    long freeBytes = config.diskFree.of(diskBytes);
    if (freeBytes > diskBytes / 100 * 99) {
      throw new BrokerException(
          Reason.DISK_FULL,
          "disk free: "
              + freeBytes
              + " bytes shall stay free of a disk of "
              + diskBytes
              + ": no message would ever be taken",
          null);
    }
  }

  /** On any port: its own may be in use by the broker that these settings are for. */
  private static void checkAddress(InetSocketAddress address) throws BrokerException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(address.getAddress(), 0));
    } catch (IOException e) {
      throw FrontDoors.unusable(FrontDoors.text(address), e);
    }
  }

  /** A self-signed certificate is made, or made anew, at the start. */
  private static void checkTls(BrokerConfig.Tls tls) throws TlsException {
    if (tls.certificate() != null) {
      TlsServer.check(
          new TlsFiles(
              tls.certificate(), tls.key(), tls.clientAuthorities(), tls.clientsRequired()));
    }
  }
}
