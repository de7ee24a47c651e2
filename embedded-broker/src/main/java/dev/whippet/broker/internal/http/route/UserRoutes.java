package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Users and their personal access tokens. */
final class UserRoutes {
  private static final List<String> STATUSES = List.of("active", "inactive");

  private UserRoutes() {}

  static List<Route> all() {
    String one = "/users/{user}";
    String tokens = "/personal-access-tokens";
    return List.of(
        Route.of("GET", "/users", UserRoutes::list),
        Route.withBody("POST", "/users", UserRoutes::create),
        Route.of("GET", one, UserRoutes::get),
        Route.withBody("PUT", one, UserRoutes::update),
        Route.of("DELETE", one, x -> x.order(new Request.DeleteUser(user(x)), 204)),
        Route.withBody("PUT", one + "/permissions", UserRoutes::permissions),
        Route.withBody("PUT", one + "/password", UserRoutes::password),
        Route.of("GET", tokens, UserRoutes::tokens),
        Route.withBody("POST", tokens, UserRoutes::createToken),
        Route.of(
            "DELETE",
            tokens + "/{name}",
            x -> x.order(new Request.DeleteToken(x.parameter("name")), 204)));
  }

  private static Identifier user(Call call) {
    return call.identifier("user");
  }

  private static void list(Call call) {
    call.ask(
        new Request.GetUsers(),
        reply -> {
          List<Reply.User> users = ((Reply.Users) reply).users();
          call.answer(
              Answer.json(200, Json.bytes(out -> Json.objects(out, users, UserRoutes::user))));
        });
  }

  private static void create(Call call) {
    Body body = call.body();
    Request request =
        new Request.CreateUser(
            body.text("username"),
            body.text("password").getBytes(StandardCharsets.UTF_8),
            status(body.text("status")),
            permissions(body.optional("permissions")));
    call.ask(request, reply -> answer(call, (Reply.UserDetails) reply));
  }

  private static void get(Call call) {
    call.find(new Request.GetUser(user(call)), reply -> answer(call, (Reply.UserDetails) reply));
  }

  private static void update(Call call) {
    Body body = call.body();
    String name = body.textOr("username", null);
    String status = body.textOr("status", null);
    Integer code = status == null ? null : status(status);
    call.order(new Request.UpdateUser(user(call), name, code), 204);
  }

  private static int status(String name) {
    int index = STATUSES.indexOf(name);
    if (index < 0) {
      throw HttpRefusal.wrongShape("status is neither active nor inactive.");
    }
    return index + 1;
  }

  private static void permissions(Call call) {
    JsonNode given = call.body().optional("permissions");
    call.order(new Request.UpdatePermissions(user(call), permissions(given)), 204);
  }

  private static Request.Permissions permissions(JsonNode given) {
    return given == null ? null : new Request.Permissions(PermissionsJson.encode(given));
  }

  private static void password(Call call) {
    Body body = call.body();
    call.order(
        new Request.ChangePassword(
            user(call),
            body.text("current_password").getBytes(StandardCharsets.UTF_8),
            body.text("new_password").getBytes(StandardCharsets.UTF_8)),
        204);
  }

  private static void tokens(Call call) {
    call.ask(
        new Request.GetTokens(),
        reply -> {
          List<Reply.Token> tokens = ((Reply.Tokens) reply).tokens();
          call.answer(
              Answer.json(200, Json.bytes(out -> Json.objects(out, tokens, UserRoutes::token))));
        });
  }

  private static void createToken(Call call) {
    Body body = call.body();
    call.ask(
        new Request.CreateToken(body.text("name"), body.u64("expiry")),
        reply -> {
          byte[] token = ((Reply.RawToken) reply).token();
          call.answer(
              Answer.object(
                  out ->
                      out.writeStringField("token", new String(token, StandardCharsets.US_ASCII))));
        });
  }

  private static void answer(Call call, Reply.UserDetails details) {
    call.answer(
        Answer.object(
            out -> {
              user(out, details.user());
              out.writeFieldName("permissions");
              PermissionsJson.write(out, details.permissions());
            }));
  }

  private static void user(JsonGenerator out, Reply.User user) throws IOException {
    Json.unsigned(out, "id", user.id());
    Json.unsigned(out, "created_at", user.createdAtMicros());
    out.writeStringField("status", STATUSES.get(user.active() ? 0 : 1));
    out.writeStringField("username", user.name());
  }

  private static void token(JsonGenerator out, Reply.Token token) throws IOException {
    out.writeStringField("name", token.name());
    if (token.expiresAtMicros() == 0) {
      out.writeNullField("expiry_at");
    } else {
      Json.unsigned(out, "expiry_at", token.expiresAtMicros());
    }
  }
}
