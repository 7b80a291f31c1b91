/** What a manifest counts the items under whose reasons it does not name one by one, because there are too many. */
export const otherReasons = 'other reasons'
