import { expect, it } from 'vitest'
import { Timeline } from '../src/drill/timeline.ts'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

it('keeps every byte, and no more steps than a page can show, however long it takes', () => {
  const timeline = new Timeline(0)
  for (let second = 0; second < 10_000; second++)
    timeline.add('read', second * 1000, second * 1000 + 1000, 500)
  const { stepSeconds, stages } = timeline.record
  const [read] = stages
  expect(read?.bytes.length).toBeLessThanOrEqual(60)
  expect(stepSeconds * (read?.bytes.length ?? 0)).toBeGreaterThanOrEqual(10_000)
  expect(Math.abs(sum(read?.bytes ?? []) - 5_000_000)).toBeLessThan(60)
  const whole = read?.bytes.slice(0, -1) ?? []
  expect(whole.every((one) => Math.abs(one - 500 * stepSeconds) < 2)).toBe(true)
})

it('spreads what went on over the steps that it touches, and lines stages up', () => {
  const timeline = new Timeline(1000)
  timeline.add('read', 1000, 1400, 400)
  timeline.add('deliver', 1450, 1450, 7)
  expect(timeline.record.stages).toEqual([
    { stage: 'read', bytes: [100, 100, 100, 100, 0] },
    { stage: 'deliver', bytes: [0, 0, 0, 0, 7] },
  ])
})

it('reads the growth of a task out of its reports, and passes them on', () => {
  const timeline = new Timeline()
  const passed: number[] = []
  const watch = timeline.watching(['deliver'], ({ doneBytes }) => passed.push(doneBytes))
  for (const doneBytes of [0, 10, 30]) watch({ task: 'deliver', subject: 'a', doneBytes })
  watch({ task: 'export', subject: 'a', doneBytes: 99 })
  expect(passed).toEqual([0, 10, 30, 99])
  expect(timeline.record.stages.map(({ stage, bytes }) => [stage, sum(bytes)])).toEqual([['deliver', 30]])
})
