package dev.whippet.internal.session;

import dev.whippet.internal.link.Endpoint;
import dev.whippet.internal.link.Resolver;
import dev.whippet.internal.tls.TlsSettings;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Values of a {@link Connection}, filled in by the public builder, which has checked them. Not
 * changed after the connection has started, but for one that says so.
 */
public final class SessionConfig {
  /** In the order of preference. */
  public List<Endpoint> endpoints = Collections.emptyList();

  public long failBackMillis = 300_000;
  public Resolver resolver = Resolver.SYSTEM;
  public TlsSettings tls = TlsSettings.PLATFORM;
  public Map<String, String> headers = Collections.emptyMap();

  /** Whether permessage-deflate is offered. */
  public boolean compression;

  public Identity.Source identity;

  public long connectTimeoutMillis = 10_000;
  public long requestTimeoutMillis = 10_000;
  public long backoffFirstMillis = 200;
  public long backoffMaxMillis = 30_000;
  public long keepAliveMillis = 30_000;
  public long lingerMillis = 2;
  public int batchBytes = 256 << 10;
  public int batchMessages = 1_000;

  /** Percent of a lane's bytes for what is fresh while a backlog drains; 0: the oldest first. */
  public int freshShare;

  /** What had waited keeps to this; 0: no bound. May be changed by any thread at any time. */
  public volatile long backlogBytesPerSecond;

  /** Partitions of topics that are made when missing; 0: none are made. */
  public int createPartitions;
}
