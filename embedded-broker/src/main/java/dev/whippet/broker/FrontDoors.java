package dev.whippet.broker;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.broker.internal.command.family.Commands;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.http.HttpDoor;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.route.Routes;
import dev.whippet.broker.internal.http.token.AccessTokens;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.net.Listener;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.system.Aside;
import dev.whippet.broker.internal.system.WallClock;
import dev.whippet.broker.internal.tls.CertificateWatch;
import dev.whippet.broker.internal.tls.SelfSigned;
import dev.whippet.broker.internal.tls.TlsException;
import dev.whippet.broker.internal.tls.TlsFiles;
import dev.whippet.broker.internal.tls.TlsServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that peers come in by: TLS, HTTP with its tokens, the listeners. Life: {@link #open},
 * {@link #bind}, {@link #accept}, {@link #stop} while the loops still run. Blocks; start-up and
 * stop only.
 */
final class FrontDoors {
  private static final long CLOSE_SECONDS_MAX = 5;
  private static final Logger LOG = LoggerFactory.getLogger(FrontDoors.class);

  private final BrokerConfig config;
  private final Loops loops;
  private final Commands commands;
  private final List<Listener> listeners = new ArrayList<>();
  private final List<String> texts = new ArrayList<>();
  private TlsServer tls;
  private CertificateWatch certificates;
  private AccessTokens tokens;
  private HttpDoor http;

  private FrontDoors(BrokerConfig config, Loops loops, Commands commands) {
    this.config = config;
    this.loops = loops;
    this.commands = commands;
  }

  /** What the doors need of the rest of the broker. */
  record Parts(
      DataLayout layout,
      LogLoop logLoopZero,
      Findings findings,
      Metrics metrics,
      Supplier<Health> health,
      Aside aside) {}

  /** Nobody listens yet. */
  static FrontDoors open(BrokerConfig config, Loops loops, Parts parts, Commands commands)
      throws BrokerException {
    FrontDoors doors = new FrontDoors(config, loops, commands);
    doors.openTls(parts.layout());
    if (config.http != null) {
      doors.openHttp(parts);
    }
    return doors;
  }

  private void openTls(DataLayout layout) throws BrokerException {
    BrokerConfig.Tls wanted = config.tls;
    if (wanted == null) {
      return;
    }
    try {
      TlsFiles own =
          wanted.certificate() == null
              ? SelfSigned.in(layout.tls())
              : new TlsFiles(wanted.certificate(), wanted.key(), null, false);
      tls =
          TlsServer.open(
              new TlsFiles(
                  own.certificate(),
                  own.key(),
                  wanted.clientAuthorities(),
                  wanted.clientsRequired()));
      certificates = new CertificateWatch(tls);
      certificates.start();
    } catch (TlsException e) {
      throw new BrokerException(Reason.TLS_UNUSABLE, e.getMessage(), e);
    }
  }

  private void openHttp(Parts parts) {
    tokens =
        AccessTokens.recover(
            BlockingFiles.SYSTEM,
            parts.layout().http(),
            parts.findings()::damage,
            WallClock::micros);
    tokens.open(
        parts.logLoopZero(), loops.loop(0).executor(), config.jwtSeconds, commands::standing);
    List<Route> routes = new ArrayList<>(Routes.all(tokens, WallClock::micros));
    routes.addAll(new HealthRoutes(parts.health(), commands::mayReadServer, parts.aside()).all());
    routes.add(parts.metrics().route(loops, parts.health(), this::httpRequests));
    http = new HttpDoor(commands, tokens, routes, config.http);
  }

  /**
   * Takes the ports in the order of the configuration, and says where each is. Who connects waits
   * until {@link #accept}.
   */
  void bind(Consumer<InetSocketAddress> opened) throws BrokerException {
    for (BrokerConfig.Port port : config.ports) {
      Listener.Doors doors =
          new Listener.Doors(
              commands,
              config.webSocket,
              port.tls() ? tls : null,
              http == null ? null : http::handler);
      try {
        Listener listener = bind(port.address(), doors);
        listeners.add(listener);
        texts.add(text(listener.address()) + (port.tls() ? " (TLS)" : ""));
        opened.accept(listener.address());
      } catch (BrokerException e) {
        if (!port.optional()) {
          throw e;
        }
        LOG.warn(
            "goes on without {}, one of the default addresses: {}",
            text(port.address()),
            e.getMessage());
      }
    }
  }

  /** Lets in who waits, and who comes. */
  void accept() {
    listeners.forEach(Listener::accept);
  }

  /** Where it listens, in words. */
  List<String> texts() {
    return List.copyOf(texts);
  }

  private Listener bind(InetSocketAddress address, Listener.Doors doors) throws BrokerException {
    String text = text(address);
    try {
      return Listener.reserve(loops, address, doors);
    } catch (BindException e) {
      boolean inUse = String.valueOf(e.getMessage()).contains("in use");
      throw inUse
          ? new BrokerException(
              Reason.ADDRESS_IN_USE,
              "address " + text + " is in use: stop what listens there, or listen on another port",
              e)
          : unusable(text, e);
    } catch (IOException e) {
      throw unusable(text, e);
    }
  }

  static BrokerException unusable(String address, IOException e) {
    return new BrokerException(
        Reason.ADDRESS_UNUSABLE,
        "can't listen on "
            + address
            + ": "
            + e.getMessage()
            + ": choose an address of this machine and a port that this user may open",
        e);
  }

  long httpRequests() {
    return http == null ? 0 : http.requests();
  }

  static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /** Lets nobody in any more, lets requests under way end within {@code graceMillis}, closes. */
  void stop(long graceMillis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(graceMillis);
    listeners.forEach(Listener::stopAccepting);
    for (Listener listener : listeners) {
      listener.stop(Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
    }
    if (certificates != null) {
      certificates.stop();
    }
    if (tls != null) {
      tls.close();
    }
    if (tokens != null) {
      closeTokens();
    }
  }

  private void closeTokens() {
    CountDownLatch closed = new CountDownLatch(1);
    loops.loop(0).execute(() -> tokens.close((nothing, failure) -> closed.countDown()));
    try {
      closed.await(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
