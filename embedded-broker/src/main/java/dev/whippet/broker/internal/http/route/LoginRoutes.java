package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Standing;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.token.AccessTokens;
import dev.whippet.broker.internal.http.token.AccessTokens.Claims;
import dev.whippet.broker.internal.http.token.AccessTokens.Issued;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Logging in and out (iggy-classic.md 8.1): who does gets a token, which stands for the login. */
final class LoginRoutes {
  private final AccessTokens tokens;

  LoginRoutes(AccessTokens tokens) {
    this.tokens = tokens;
  }

  List<Route> all() {
    return List.of(
        Route.open("POST", "/users/login", true, this::login),
        Route.open("POST", "/users/refresh-token", true, this::refresh),
        Route.open("POST", "/personal-access-tokens/login", true, this::loginWithToken),
        Route.of("DELETE", "/users/logout", this::logout));
  }

  /** What is wrong with the lengths of name and password is not told. */
  private void login(Call call) {
    Body body = call.body();
    Request.Login login =
        new Request.Login(
            body.text("username"),
            body.text("password").getBytes(StandardCharsets.UTF_8),
            body.textOr("version", ""),
            body.textOr("context", ""));
    call.session().logout(); // whoever it was
    call.askAnyway(
        login,
        reply -> {
          if (reply instanceof Reply.Failure failure) {
            boolean length =
                failure.status() == Status.INVALID_USERNAME
                    || failure.status() == Status.INVALID_PASSWORD;
            call.answer(Errors.answer(length ? Status.INVALID_CREDENTIALS : failure.status()));
          } else {
            issue(call, call.session().user(), Status.INVALID_CREDENTIALS);
          }
        });
  }

  private void loginWithToken(Call call) {
    byte[] token = call.body().text("token").getBytes(StandardCharsets.UTF_8);
    call.session().logout();
    call.ask(
        new Request.LoginWithToken(token),
        reply -> issue(call, call.session().user(), Status.RESOURCE_NOT_FOUND));
  }

  /** The old token is revoked before the new one is made, and gives one new one at most. */
  private void refresh(Call call) {
    Claims old = tokens.verify(call.body().text("token"));
    if (old == null || tokens.standing(old) != Standing.GOOD) {
      throw HttpRefusal.of(Errors.INVALID_ACCESS_TOKEN);
    }
    revoke(
        call,
        old,
        first -> {
          if (!first) {
            throw HttpRefusal.of(Errors.INVALID_ACCESS_TOKEN);
          }
          issue(call, old.user(), Errors.INVALID_ACCESS_TOKEN);
        });
  }

  private void logout(Call call) {
    Claims claims = tokens.verify(call.bearer());
    if (claims == null) {
      call.answer(Answer.empty(401));
      return;
    }
    revoke(call, claims, first -> call.answer(Answer.empty(204)));
  }

  /** {@code then} learns whether nobody else revokes it. */
  private void revoke(Call call, Claims token, Consumer<Boolean> then) {
    tokens.revoke(
        token,
        (first, failure) ->
            call.resume(
                () -> {
                  requireStored(failure);
                  then.accept(first);
                }));
  }

  /** {@code ended} is for a user who was good a moment ago. */
  private void issue(Call call, ClientSession.User user, int ended) {
    tokens.issue(
        user,
        (issued, failure) ->
            call.resume(
                () -> {
                  requireStored(failure);
                  Issued token = issued.orElseThrow(() -> HttpRefusal.of(ended));
                  call.answer(Answer.object(out -> write(out, user, token)));
                }));
  }

  private static void write(JsonGenerator out, ClientSession.User user, Issued token)
      throws IOException {
    Json.unsigned(out, "user_id", user.id());
    out.writeObjectFieldStart("access_token");
    out.writeStringField("token", token.token());
    Json.unsigned(out, "expiry", token.expiresAtSeconds());
    out.writeEndObject();
  }

  /** Nothing of the file system is told. */
  private static void requireStored(LogFailure failure) {
    if (failure != null) {
      throw new HttpRefusal(
          Answer.text(503, "Tokens can't be stored now: " + failure.reason() + "."));
    }
  }
}
