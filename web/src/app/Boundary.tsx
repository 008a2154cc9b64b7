// The last resort: a page that throws is replaced by words, and the rail beside it stays usable.

import { Component, type ReactNode } from "react";
import { Failed } from "../parts/Notice";
import { Page } from "./Page";

type State = { error: unknown; path: string };

export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null, path: "" };

  static getDerivedStateFromError(error: unknown): State {
    return { error, path: location.pathname };
  }

  override render() {
    const { error, path } = this.state;
    if (error === null || path !== location.pathname) return this.props.children;
    return (
      <Page title="Something went wrong">
        <Failed error={error} />
      </Page>
    );
  }
}
