export default function ObjectivePage(_: any) { return null; }
