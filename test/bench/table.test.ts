import t from 'tap'
import { number, table } from '../../bench/table.js'

const columns = [{ heading: 'name', align: 'left' }, { heading: 'n', align: 'right' }] as const

t.test('a plain table is as wide as its widest cells', t => {
  t.equal(table(columns, [['a', '1'], ['longer', '10,000']], 'plain'), [
    'name         n',
    '------  ------',
    'a            1',
    'longer  10,000'
  ].join('\n'))
  t.end()
})

t.test('a Markdown table says on which side a column stands', t => {
  t.equal(table(columns, [['a', '1'], ['longer']], 'markdown'), [
    '| name   |   n |',
    '| ------ | --: |',
    '| a      |   1 |',
    '| longer |     |'
  ].join('\n'))
  t.end()
})

t.test('a table without rows has its head', t => {
  t.equal(table(columns, [], 'plain'), 'name    n\n----  ---')
  t.end()
})

t.test('numbers are grouped, rounded, and a dash if there is none', t => {
  t.equal(number(1234567.89), '1,234,568')
  t.equal(number(12.345, 1), '12.3')
  t.equal(number(5, 2), '5.00')
  t.equal(number(Number.NaN, 1), '-')
  t.equal(number(Infinity), '-')
  t.end()
})
