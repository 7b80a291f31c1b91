/** O_PATH, which Node does not name: what is opened so need not be readable. */
export const openPath: number = 0o10000000
