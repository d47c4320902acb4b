"""The texts and times that the Prefect driver writes."""

import datetime

WORDS = 'Straße Übermut naïve 東京 привет 🚲 Zug it\'s "quoted" back\\slash fünfzig under_score Ωmega café'.split(" ")
START = datetime.datetime(2025, 2, 3, 4, 5, 6, 123456, tzinfo=datetime.UTC)


def moment(number):
    return (START + datetime.timedelta(hours=number * 7, microseconds=number)).isoformat()


def word(number):
    return WORDS[number % len(WORDS)]
