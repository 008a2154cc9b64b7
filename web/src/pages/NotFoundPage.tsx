export default function NotFoundPage(_: any) { return null; }
