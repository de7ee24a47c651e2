package dev.whippet.broker.internal.http.route;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.token.AccessTokens;
import dev.whippet.broker.internal.http.token.AccessTokens.Claims;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.internal.wire.Status;
import java.nio.charset.StandardCharsets;
import java.util.List;

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
            issue(call);
          }
        });
  }

  private void loginWithToken(Call call) {
    byte[] token = call.body().text("token").getBytes(StandardCharsets.UTF_8);
    call.session().logout();
    call.ask(new Request.LoginWithToken(token), reply -> issue(call));
  }

  /** The old token is revoked before the new one is made, and gives one new one at most. */
  private void refresh(Call call) {
    Claims old = tokens.verify(call.body().text("token"));
    if (old == null) {
      throw HttpRefusal.of(Errors.INVALID_ACCESS_TOKEN);
    }
    tokens.revoke(
        old,
        (first, failure) -> {
          if (failure != null) {
            call.answer(unavailable(failure));
            return;
          }
          if (!first) {
            call.answer(Errors.answer(Errors.INVALID_ACCESS_TOKEN));
            return;
          }
          issue(call, old.userId(), old.serial());
        });
  }

  private void logout(Call call) {
    Claims claims = tokens.verify(call.bearer());
    if (claims == null) {
      call.answer(Answer.empty(401));
      return;
    }
    tokens.revoke(
        claims,
        (first, failure) ->
            call.answer(failure == null ? Answer.empty(204) : unavailable(failure)));
  }

  private void issue(Call call) {
    ClientSession.User user = call.session().user();
    issue(call, user.id(), user.serial());
  }

  private void issue(Call call, int userId, long serial) {
    tokens.issue(
        userId,
        serial,
        (issued, failure) ->
            call.answer(
                failure != null
                    ? unavailable(failure)
                    : Answer.object(
                        out -> {
                          Json.unsigned(out, "user_id", userId);
                          out.writeObjectFieldStart("access_token");
                          out.writeStringField("token", issued.token());
                          Json.unsigned(out, "expiry", issued.expiresAtSeconds());
                          out.writeEndObject();
                        })));
  }

  /** Nothing of the file system is told. */
  private static Answer unavailable(LogFailure failure) {
    return Answer.text(503, "Tokens can't be stored now: " + failure.reason() + ".");
  }
}
