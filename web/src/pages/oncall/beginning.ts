/** The least that a catalog needs to page somebody: two people in turns, their schedule and their team. */
export const BEGINNING = `apiVersion: holdfast.dev/v1
kind: User
metadata: {name: first}
spec:
  email: first@shop.example
  timeZone: Europe/Berlin
---
apiVersion: holdfast.dev/v1
kind: User
metadata: {name: second}
spec:
  email: second@shop.example
  timeZone: Europe/Berlin
---
apiVersion: holdfast.dev/v1
kind: Rotation
metadata: {name: weekly}
spec:
  users: [first, second]
  timeZone: Europe/Berlin
  firstHandoff: 2026-01-05 09:00
  turns: {unit: weeks}
---
apiVersion: holdfast.dev/v1
kind: Schedule
metadata: {name: payments, displayName: Payments}
spec:
  layers:
    - rotations: weekly
---
apiVersion: holdfast.dev/v1
kind: Team
metadata: {name: payments, displayName: Payments}
spec:
  members: [first, second]
  schedule: payments
---
apiVersion: holdfast.dev/v1
kind: EscalationPolicy
metadata: {name: payments, displayName: Payments}
spec:
  team: payments
  repeats: 1
  steps:
    - {schedules: payments, wait: 5m}
    - {teams: payments, wait: 10m}
`;
