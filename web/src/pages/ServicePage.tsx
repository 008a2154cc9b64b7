export default function ServicePage(_: any) { return null; }
