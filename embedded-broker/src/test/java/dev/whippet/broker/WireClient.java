package dev.whippet.broker;

import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.ReplyReader;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.TopicSettings;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import okio.Buffer;

/** A blocking connection for tests: the SDK's codecs on a plain socket. */
final class WireClient implements AutoCloseable {

  static final String PASSWORD = "secret-of-tests";

  private static final int READ_MILLIS_MAX = 30_000;
  private static final int CHUNK_BYTES = 64 * 1024;

  private final Socket socket;
  private final Buffer received = new Buffer();
  private final ReplyReader reader = new ReplyReader(1L << 30);
  private final byte[] chunk = new byte[CHUNK_BYTES];

  private WireClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(READ_MILLIS_MAX);
    socket.setTcpNoDelay(true);
  }

  static WireClient connect(Broker broker) throws IOException {
    return over(new Socket(InetAddress.getLoopbackAddress(), broker.port()));
  }

  /** On a socket that is connected, with TLS or without. */
  static WireClient over(Socket socket) throws IOException {
    return new WireClient(socket);
  }

  static WireClient login(Broker broker) throws IOException {
    WireClient client = connect(broker);
    client.ok(out -> Requests.login(out, "iggy", PASSWORD, "test", ""));
    return client;
  }

  /** This side's port. */
  int localPort() {
    return socket.getLocalPort();
  }

  /** Sends what {@code request} writes. */
  void send(Consumer<Buffer> request) throws IOException {
    Buffer out = new Buffer();
    request.accept(out);
    socket.getOutputStream().write(out.readByteArray());
  }

  /** The next answer. */
  Reply receive() throws IOException {
    while (true) {
      Reply reply = reader.next(received);
      if (reply != null) {
        return reply;
      }
      int count = socket.getInputStream().read(chunk);
      if (count < 0) {
        throw new EOFException("the broker closed the connection");
      }
      received.write(chunk, 0, count);
    }
  }

  Reply call(Consumer<Buffer> request) throws IOException {
    send(request);
    return receive();
  }

  int status(Consumer<Buffer> request) throws IOException {
    return call(request).status();
  }

  /** The payload of a success; anything else fails the test. */
  Buffer ok(Consumer<Buffer> request) throws IOException {
    Reply reply = call(request);
    if (!reply.ok()) {
      throw new AssertionError(Status.name(reply.status()));
    }
    return reply.payload();
  }

  Replies.Stream createStream(String name) throws IOException {
    return Replies.stream(ok(out -> Requests.createStream(out, name)));
  }

  Replies.Topic createTopic(String stream, String name, int partitions) throws IOException {
    return Replies.topic(
        ok(out -> Requests.createTopic(out, id(stream), name, partitions, TopicSettings.DEFAULT)));
  }

  int sendTexts(String stream, String topic, Partitioning partitioning, String... texts)
      throws IOException {
    return status(
        out -> Requests.sendMessages(out, id(stream), id(topic), partitioning, records(texts)));
  }

  static MessageRecords records(String... texts) {
    MessageRecords records = new MessageRecords();
    for (String text : texts) {
      records.add(0, 0, 0, text.getBytes(StandardCharsets.UTF_8), null);
    }
    return records;
  }

  static Identifier id(String name) {
    return Identifier.named(name);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
