import { DatabaseSync } from 'node:sqlite'

/*
 * Moves amounts between the two tables of a database in WAL mode until it is killed; a child process of its test. The sum
 * over both never changes. Prints how many moves it has made, after every hundredth.
 */

using database = new DatabaseSync(process.argv[2] ?? '', { timeout: 0 })
const take = database.prepare('update debit set amount = amount - ? where id = ?')
const give = database.prepare('update credit set amount = amount + ? where id = ?')

for (let moves = 1; ; moves++) {
  // An exporter that kept the writer waiting would make this throw: it does not wait.
  database.exec('begin immediate')
  take.run(moves % 97, 1 + (moves % 500))
  give.run(moves % 97, 1 + ((moves * 7) % 500))
  database.exec('commit')
  if (moves % 100 === 0) process.stdout.write(`${moves}\n`)
}
