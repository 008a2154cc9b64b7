export default function TracePage(_: any) { return null; }
