"""Invented companies and people. Every domain ends in .example, so that no mail can ever arrive."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

COMPANY = "Fernwick"
DOMAIN = "fernwick.example"

HOSTILE_MARKUP = "[/x] Bracket & Sons"
HOSTILE_QUOTES = 'Quill, "Ink" & Partners'


def _words(text: str) -> list[str]:
    return text.split()


_FIRST_HALF = _words("""
Alder Amber Anchor Arbor Aster Basalt Beacon Birch Bramble Brass Canvas Cedar Chalk Cinder Clover Cobalt
Copper Coral Crest Delta Drift Ember Fable Falcon Fathom Fern Flint Gable Garnet Glade Granite Harbor Hazel
Heron Indigo Iron Ivory Juniper Kestrel Lantern Larch Linden Lumen Maple Marble Meadow Merlin Moss Nimbus
Oakline Ochre Onyx Opal Orchard Otter Pebble Pine Prairie Quarry Quartz Raven Reed River Rowan Saffron Sable
Slate Solstice Sparrow Spruce Summit Tamarind Teal Thistle Timber Topaz Vale Verdant Walnut Willow Wren Zephyr
""")

_SECOND_HALF = _words("""
Analytics Apparel Bakery Biotech Books Brewing Clinics Coffee Design Dental Energy Farms Fitness Foods
Freight Games Health Hotels Insurance Labs Legal Logistics Marine Media Motors Optics Outdoors Pharma
Properties Robotics Schools Security Studios Supply Textiles Tools Travel Ventures Water Works
""")

_GIVEN = _words("""
Aisha Akira Alejandra Amara Anders Anika Anton Arjun Beatriz Birgit Bongani Camille Carlos Chiara Chloe Daichi
Danila Deniz Ebba Elif Emeka Esther Farah Fatima Femi Gabriela Goran Hana Henrik Hugo Ines Ingrid Ivan Jamal
Jin Joana Kaveh Keiko Kwame Lale Leila Lena Liam Lin Lucia Mads Maja Malik Marta Mei Mehmet Mireille Nadia
Naveen Nia Noor Olu Omar Oskar Paulo Priya Rania Ravi Rosa Ruth Samir Sana Sofia Stellan Tariq Tomasz Uma
Valentina Wei Xavier Yara Yusuf Zanele Zofia
""")

_FAMILY = _words("""
Abebe Adeyemi Aguilar Andersen Arslan Baptiste Berg Botha Bauer Castillo Chen Costa Dalgaard Diallo Dubois
Eriksen Farouk Fischer Fontaine Ferreira Gupta Haddad Hansen Horvat Ibrahim Ito Iyer Jansen Kamau Kaya Kim
Kovac Kowalski Larsen Lemaire Lindqvist Lopez Mahlangu Marin Mbeki Mendes Moreau Mori Nakamura Nair Ncube
Nguyen Novak Okafor Okoye Osei Park Pereira Petrov Popescu Quispe Rahman Reyes Rossi Sato Sharma Silva Singh
Sorensen Suzuki Tanaka Torres Tran Usman Varga Vidal Virtanen Weber Wong Yamada Yilmaz Zhang Zulu
""")


def domain_of(name: str) -> str:
    """The company's domain: `Cedar Labs` has `cedar-labs.example`."""
    return f"{'-'.join(re.findall('[a-z0-9]+', name.lower()))}.example"


def companies(rng: random.Random) -> Iterator[str]:
    """Company names without end, none twice."""
    pairs = [f"{first} {second}" for first in _FIRST_HALF for second in _SECOND_HALF]
    rng.shuffle(pairs)
    yield from pairs
    turn = 2
    while True:
        yield from (f"{pair} {turn}" for pair in pairs)
        turn += 1


def people(rng: random.Random) -> Iterator[tuple[str, str]]:
    """(given name, family name) without end; names come round again only after some thousands."""
    pairs = [(given, family) for given in _GIVEN for family in _FAMILY]
    while True:
        rng.shuffle(pairs)
        yield from pairs
