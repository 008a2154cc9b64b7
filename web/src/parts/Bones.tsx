// The page's own shape while it loads: strips, rows and charts of the right size, without a spinner.

import type { CSSProperties } from "react";

export function Bone({ width, height }: { width: CSSProperties["width"]; height?: number }) {
  return <span className="bone" style={{ width, ...(height === undefined ? {} : { height }) }} />;
}

export function StripBones({ cells = 5, notes = true }: { cells?: number; notes?: boolean }) {
  return (
    <div className="strip" role="group" aria-busy="true" aria-label="Loading">
      {Array.from({ length: cells }, (_, cell) => (
        <div key={cell}>
          <div className="strip-label">
            <Bone width={70} />
          </div>
          <div className="strip-value">
            <Bone width={90} height={18} />
          </div>
          {notes && (
            <div className="strip-note">
              <Bone width={130} />
            </div>
          )}
        </div>
      ))}
    </div>
  );
}

export function RowBones({ rows = 10 }: { rows?: number }) {
  return (
    <div
      className="panel"
      role="group"
      aria-busy="true"
      aria-label="Loading"
      style={{ marginTop: 14, overflowX: "clip" }}
    >
      <table className="table" aria-hidden="true">
        <tbody>
          {Array.from({ length: rows }, (_, row) => (
            <tr key={row}>
              <td className="wide">
                <Bone width={`${30 + ((row * 17) % 40)}%`} />
              </td>
              <td>
                <Bone width={80} />
              </td>
              <td>
                <Bone width={50} />
              </td>
              <td>
                <Bone width={120} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ChartBones({ height }: { height: number }) {
  return (
    <div style={{ height }} aria-busy="true" role="img" aria-label="Loading">
      <div className="bone-chart" style={{ height: height - 21, marginLeft: 46 }} />
    </div>
  );
}

export function LineBones({ lines }: { lines: number }) {
  return (
    <div aria-busy="true">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="share-row">
          <Bone width={`${60 + ((line * 23) % 30)}%`} />
          <Bone width="100%" />
          <Bone width={30} />
        </div>
      ))}
    </div>
  );
}

/** While the script of a page itself is on its way. */
export function PageBones() {
  return (
    <main className="room" id="content">
      <div className="bar" />
      <div className="content">
        <StripBones />
        <RowBones />
      </div>
    </main>
  );
}

/** While it is not known yet who is looking. */
export function ShellBones() {
  return (
    <div className="shell">
      <div className="rail" />
      <PageBones />
    </div>
  );
}
