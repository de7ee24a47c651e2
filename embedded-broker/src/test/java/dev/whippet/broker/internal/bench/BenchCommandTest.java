package dev.whippet.broker.internal.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerException;
import dev.whippet.broker.internal.bench.limits.EchoServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Every kind and preset once, small, against a real broker; and what is not a good command. */
class BenchCommandTest {

  @TempDir static Path directory;
  private static Broker broker;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws BrokerException {
    broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory.resolve("data"))
            .rootPassword("secret")
            .start();
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void blogMeasuresProducersThenConsumersAndReportsThem(String scheme) throws IOException {
    Path json = directory.resolve("blog.json");
    Path html = directory.resolve("blog.html");
    Path hgrm = directory.resolve("hgrm");

    int status =
        bench(
            scheme,
            ("blog -b 3 -P 50 -w 0.05 --json " + json + " --html " + html + " --hgrm " + hgrm)
                .split(" "));

    assertThat(err.toString()).isEmpty();
    assertThat(status).isZero();
    assertThat(out.toString()).contains("producers").contains("consumers").contains("p99.99");
    JsonNode stages = new ObjectMapper().readTree(json.toFile()).get("stages");
    for (int i = 0; i < 2; i++) {
      JsonNode group = stages.get(i).get("groups").get(0);
      assertThat(group.get("requests").asLong()).isEqualTo(12);
      assertThat(group.get("messages").asLong()).isEqualTo(600);
      assertThat(group.get("bytes").asLong()).isEqualTo(600_000);
    }
    assertThat(Files.readString(html)).contains("<svg").doesNotContain("<script");
    assertThat(hgrm.resolve("pinned-consumer-consumers.hgrm")).isNotEmptyFile();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ppc -p 2 -c 2 -b 4 -P 20 -w 0.05",
        "bp -p 2 -b 3 -P 10 -a 3 -m 10..200",
        "e2e -c 2 -b 3 -P 1..20",
        "pp -p 3 -s 1 -a 2 -T 90kB -P 10",
        "devices -p 6 -b 5 -m 64..512",
        "devices -p 2 --rate 200 --seconds 0.3",
        "one-big -b 1",
        "idle -n 20 --seconds 0.2",
        "storm -n 12",
        "outage --outage 0.3 --rate 500",
      })
  void everyKindAndPresetRunsToItsEnd(String arguments) {
    int status = bench("ws", arguments.split(" "));

    assertThat(err.toString()).isEmpty();
    assertThat(status).isZero();
    assertThat(out.toString()).contains("ws://127.0.0.1:" + broker.port());
  }

  @Test
  void limitsAreReadAgainstAServer() {
    String data = directory.resolve("limits").toString();

    int status = bench("ws", "limits", "--share", "0.01", "--data", data);

    assertThat(err.toString()).isEmpty();
    assertThat(status).isZero();
    assertThat(out.toString()).contains("durable write, 1 MiB").contains("XXH3").contains(" = ");
  }

  @Test
  void theLogAloneIsReadAgainstItsGoals() throws IOException {
    Path data = directory.resolve("engine");

    int status = run("log", "--share", "0.01", "--data", data.toString());

    assertThat(err.toString()).isEmpty();
    assertThat(status).isBetween(0, 1);
    assertThat(out.toString().lines())
        .hasSize(10)
        .filteredOn(line -> line.contains(" goal "))
        .hasSize(7);
    assertThat(data).isEmptyDirectory();
  }

  @Test
  void compareTakesTurnsAndSaysWhatItCannotDecide() {
    String address = "127.0.0.1:" + broker.port();

    int status =
        run(
            "compare",
            "--target",
            "ws=ws://" + address,
            "--target",
            "tcp=tcp://" + address,
            "--password",
            "secret",
            "--goal",
            "p50<=1.05",
            "--rounds",
            "1",
            "--rounds-max",
            "2",
            "--discard",
            "0",
            "--warm",
            "0",
            "--no-pin",
            "--noisy",
            "--volatile",
            "--data",
            directory.resolve("compare").toString(),
            "--",
            "pp",
            "-p",
            "1",
            "-b",
            "2",
            "-P",
            "5");

    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).contains("2 rounds").contains("p50 <= 1.05: undecided");
    assertThat(status).isEqualTo(3);
  }

  @Test
  void compareReportsTheRoundsBeforeAServerWasGone() throws BrokerException {
    Broker mortal =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory.resolve("mortal"))
            .rootPassword("secret")
            .start();
    StringWriter killing =
        new StringWriter() {
          @Override
          public void flush() {
            if (toString().contains("round 1, mortal")) {
              mortal.close();
            }
          }
        };

    CommandLine bench = BenchCommand.commandLine();
    bench.setOut(new PrintWriter(killing));
    bench.setErr(new PrintWriter(err, true));
    String line =
        "compare --target alive=tcp://127.0.0.1:%d --target mortal=tcp://127.0.0.1:%d"
            + " --password secret --rounds 2 --discard 0 --warm 0 --no-pin --noisy --volatile"
            + " --data %s -- pp -p 1 -b 2 -P 5";
    int status =
        bench.execute(
            String.format(line, broker.port(), mortal.port(), directory.resolve("two")).split(" "));

    assertThat(status).isOne();
    assertThat(killing.toString()).contains("1 round;").contains("medians of 1");
    assertThat(err.toString().lines().toList()).hasSize(1);
    assertThat(err.toString()).contains("mortal: ").contains("Connection refused");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void anEchoAcknowledgesWithoutBeingChecked(String scheme) throws IOException {
    try (EchoServer echo = EchoServer.start(new InetSocketAddress("127.0.0.1", 0), directory)) {
      String url = scheme + "://127.0.0.1:" + echo.port();

      int status = run("pp -p 2 -b 3 -P 100 --streams-are unchecked --url".split(" "), url);

      assertThat(err.toString()).isEmpty();
      assertThat(status).isZero();
    }
  }

  @Test
  void consumersWithoutMessagesFailWithTheNumberMissing() {
    assertThat(bench("tcp", "pp -p 1 -b 1 -P 10".split(" "))).isZero();

    int status = bench("tcp", "pc -c 1 -b 2 -P 10 --timeout 0.3".split(" "));

    assertThat(status).isOne();
    assertThat(err.toString()).contains("10 messages are missing");
  }

  @Test
  void groupsThatAServerDoesNotHaveAreOneLine() {
    assertThat(bench("tcp", "bp -p 1 -b 1 -P 10".split(" "))).isZero();

    int status = bench("tcp", "bcg -c 1 -b 1 -P 10".split(" "));

    // Until the broker has groups; then this run succeeds
    if (status != 0) {
      assertThat(err.toString().lines().toList()).hasSize(1);
      assertThat(err.toString()).contains("feature unavailable (5)");
    }
  }

  @Test
  void aTargetThatIsNotThereIsOneLine() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }

    int status = run("pp", "--url", "tcp://127.0.0.1:" + port);

    assertThat(status).isOne();
    assertThat(err.toString()).isEqualTo("tcp://127.0.0.1:" + port + ": Connection refused\n");
  }

  @Test
  void aRefusedLoginIsOneLine() {
    int status = run("pp", "--url", "ws://127.0.0.1:" + broker.port(), "--password", "wrong");

    assertThat(status).isOne();
    assertThat(err.toString().lines().toList()).hasSize(1);
    assertThat(err.toString()).contains("refused the login of iggy").doesNotContain("wrong\n");
  }

  @Test
  void aServerOfAnotherProtocolIsOneLine() throws IOException {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread web = new Thread(() -> answerAsWeb(listener));
      web.start();

      int status = run("pp", "--url", "tcp://127.0.0.1:" + listener.getLocalPort());

      assertThat(status).isOne();
      assertThat(err.toString()).contains("does not speak the classic wire");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pp --url http://127.0.0.1:1",
        "idle -n 0",
        "outage --outage 0",
        "storm -n -1",
      })
  void whatCannotBeMeasuredIsOneLine(String arguments) {
    assertThat(run(arguments.split(" "))).isOne();
    assertThat(err.toString().lines().toList()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pp -P 0",
        "pp -m 9..1",
        "pp -b 0",
        "pp -b 5 -T 1GB",
        "pp -T much",
        "pp --rate 5 -r 1MB",
        "pp --nonsense",
        "compare --target a=tcp://x:1 -- pp",
        "compare --target a=tcp://x:1 --target b=tcp://x:1 -- limits",
        "compare --target a=tcp://x:1 --target b=tcp://x:1 --server c=x -- pp",
        "compare --target a=tcp://x:1 --target b=tcp://x:1 --goal fast -- pp",
      })
  void wrongUseIsToldSo(String arguments) {
    assertThat(run(arguments.split(" "))).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).isNotBlank().doesNotContain("Exception");
  }

  private int bench(String scheme, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--url", scheme + "://127.0.0.1:" + broker.port()));
    all.addAll(List.of("--password", "secret"));
    return run(all.toArray(new String[0]));
  }

  private int run(String[] arguments, String last) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add(last);
    return run(all.toArray(new String[0]));
  }

  private int run(String... arguments) {
    CommandLine bench = BenchCommand.commandLine();
    bench.setOut(new PrintWriter(out, true));
    bench.setErr(new PrintWriter(err, true));
    return bench.execute(arguments);
  }

  private static void answerAsWeb(ServerSocket listener) {
    try (Socket socket = listener.accept()) {
      socket
          .getOutputStream()
          .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().readAllBytes();
    } catch (IOException e) {
      // The test has seen enough
    }
  }
}
