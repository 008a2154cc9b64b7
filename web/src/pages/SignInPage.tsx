// Sign in: paste a token. It is sent once and kept only in a cookie that scripts cannot read.

import { type SubmitEvent, useEffect, useState } from "react";
import { problemWords } from "../api/problems";
import { useSignIn } from "../api/writes";

export function SignInPage() {
  const [token, setToken] = useState("");
  const signIn = useSignIn();
  useEffect(() => {
    document.title = "Sign in · Holdfast";
  }, []);
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    signIn.mutate(token.trim());
  };
  return (
    <main className="sign-in">
      <form onSubmit={send}>
        <h1>Holdfast</h1>
        <p>This server requires a token. Paste yours; this browser stays signed in.</p>
        <label className="field">
          <span>Token</span>
          <input
            type="password"
            required
            // eslint-disable-next-line jsx-a11y/no-autofocus -- this field is all there is on the page
            autoFocus
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        {signIn.error && (
          <p className="refused" role="alert">
            {problemWords(signIn.error).title}. {problemWords(signIn.error).detail}
          </p>
        )}
        <button type="submit" className="button button-primary" disabled={signIn.isPending}>
          Sign in
        </button>
        <p style={{ margin: "16px 0 0" }}>
          No token yet? On the server: <code>holdfast access token create --role viewer</code>
        </p>
      </form>
    </main>
  );
}
