package dev.whippet.broker.internal.tls;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every {@value #SECONDS} seconds whether the certificates' files changed, and has them
 * loaded; one that can't be used is told once, and the one before stays in use. Thread {@code
 * whippet-tls-files}.
 */
public final class CertificateWatch {
  private static final long SECONDS = 2;
  private static final Logger LOG = LoggerFactory.getLogger(CertificateWatch.class);

  private final TlsServer server;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private String told = "";

  public CertificateWatch(TlsServer server) {
    this.server = server;
  }

  public void start() {
    Thread thread = new Thread(this::run, "whippet-tls-files");
    thread.setDaemon(true);
    thread.start();
  }

  public void stop() {
    stopped.countDown();
  }

  private void run() {
    try {
      while (!stopped.await(SECONDS, TimeUnit.SECONDS)) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      if (server.reload()) {
        told = "";
        LOG.info("TLS: {} was loaded anew", server.files().certificate());
      }
    } catch (TlsException e) {
      if (!told.equals(e.getMessage())) {
        told = e.getMessage();
        LOG.warn("TLS goes on with the certificate before: {}", told);
      }
    }
  }
}
