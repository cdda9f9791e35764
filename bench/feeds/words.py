"""The vocabulary of the feeds, by language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What products are called and described with in one language. `availability`: the most frequent word first."""

    adjectives: list[str]
    nouns: list[str]
    texts: list[str]
    colors: list[str]
    availability: list[str]
    categories: list[str]


WORDS = {
    "fr": Words(
        adjectives="Classique Léger Élégant Étanche Compact Rétro Moderne Artisanal Pliable Rechargeable "
        "Ergonomique Résistant Doux Naturel Écologique Traditionnel".split(),
        nouns="Sac à dos|Moulin à café|Chaussure de course|Lampe de bureau|Couverture en laine|Couteau de cuisine|"
        "Gourde isotherme|Enceinte sans fil|Fauteuil de jardin|Imperméable|Casse-tête en bois|"
        "Tapis de yoga|Plaque à pâtisserie|Portefeuille en cuir|Tasse de voyage|Veilleuse".split("|"),
        texts=[
            "Conçu pour un usage quotidien et fait pour durer.",
            "Expédié sous deux jours ouvrés depuis Luxembourg.",
            "La surface extérieure se nettoie facilement à l'aide d'un chiffon humide.",
            "Garantie fabricant de deux ans, échange gratuit.",
            "Nos clients disent : « tout simplement le meilleur ».",
            "Convient à l'intérieur comme à l'extérieur, été comme hiver.",
            "Fabriqué à partir de matières choisies avec soin; sans plastique.",
            "Dimensions : 30 x 20 cm, poids 1,2 kg, voir le guide des tailles.",
            "Retour gratuit sous 30 jours, sans justification nécessaire.",
            'Livré avec chargeur, câble et une notice dite "rapide".',
        ],
        colors="noir blanc bleu rouge vert gris beige crème".split(),
        availability="en stock|in stock|rupture de stock|précommande|in_stock|sur commande".split("|"),
        categories="Maison et jardin > Cuisine > Ustensiles|Vêtements et accessoires > Vêtements > Manteaux|"
        "Électronique > Audio > Enceintes|Équipements sportifs > Exercice > Yoga et Pilates".split("|"),
    ),
    "en": Words(
        adjectives="Classic Premium Lightweight Organic Waterproof Compact Vintage Modern "
        "Handmade Foldable Wireless Rechargeable Ergonomic Durable Soft Elegant".split(),
        nouns="Backpack|Coffee Grinder|Running Shoe|Desk Lamp|Wool Blanket|Kitchen Knife|"
        "Water Bottle|Bluetooth Speaker|Garden Chair|Rain Jacket|Wooden Puzzle|"
        "Yoga Mat|Baking Tray|Leather Wallet|Travel Mug|Night Light".split("|"),
        texts=[
            "Designed for everyday use and made to last.",
            "Ships within two working days from Luxembourg.",
            "The outer layer is easy to clean with a damp cloth.",
            "Comes with a two-year manufacturer's warranty.",
            "Our customers call it “simply the best” in its class.",
            "Suitable for indoor and outdoor use, in all seasons.",
            "Made from carefully selected, responsibly sourced materials.",
            'Size: 12" x 8", weight 1,2 kg; see the size guide.',
            "Free returns within 30 days; no questions asked.",
            "Includes charger, cable and a printed quick-start guide.",
        ],
        colors="black white navy red green grey beige brown".split(),
        availability="in stock|in_stock|out of stock|preorder|In Stock|backorder".split("|"),
        categories="Home & Garden > Kitchen & Dining > Kitchen Tools|Apparel & Accessories > Clothing > Outerwear|"
        "Electronics > Audio > Speakers|Sporting Goods > Exercise & Fitness > Yoga & Pilates".split("|"),
    ),
    "de": Words(
        adjectives="Klassischer Leichter Eleganter Wasserdichter Kompakter Nostalgischer Moderner Handgefertigter "
        "Faltbarer Kabelloser Aufladbarer Ergonomischer Robuster Weicher Natürlicher Größerer".split(),
        nouns="Rucksack|Kaffeemühle|Laufschuh|Schreibtischlampe|Wolldecke|Küchenmesser|"
        "Trinkflasche|Lautsprecher|Gartenstuhl|Regenjacke|Holzpuzzle|"
        "Yogamatte|Backblech|Geldbörse aus Leder|Reisebecher|Nachtlicht für Kinder".split("|"),
        texts=[
            "Für den täglichen Gebrauch entworfen und für lange Zeit gemacht.",
            "Versand innerhalb von zwei Werktagen aus Luxemburg.",
            "Die Oberfläche lässt sich mit einem feuchten Tuch mühelos säubern.",
            "Zwei Jahre Herstellergarantie, Umtausch kostenlos möglich.",
            "Unsere Kunden sagen: „einfach das Beste“ seiner Klasse.",
            "Für drinnen und draußen geeignet, zu jeder Jahreszeit.",
            "Aus sorgfältig ausgewählten Rohstoffen; frei von Schadstoffen.",
            "Größe: 30 x 20 cm, Gewicht 1,2 kg, siehe Größentabelle.",
            "Kostenlose Rückgabe innerhalb von 30 Tagen, ohne Angabe von Gründen.",
            'Mit Ladegerät, Kabel und gedruckter "Kurzanleitung".',
        ],
        colors="schwarz weiß blau rot grün grau beige braun".split(),
        availability="auf Lager|in stock|nicht vorrätig|Vorbestellung|in_stock|lieferbar".split("|"),
        categories="Heim & Garten > Küche & Esszimmer > Küchenhelfer|Bekleidung & Accessoires > Bekleidung > Jacken|"
        "Elektronik > Audio > Lautsprecher|Sportartikel > Fitness > Yoga & Pilates".split("|"),
    ),
}
SYLLABLES = "ka lo mi ra tö ven sol dur né bel fa gri hol jun pra zel".split()
COMPANIES = ("", "", "", " & Co", " GmbH", ", Inc.", " S.à r.l.")
OTHER_SCRIPTS = ["", "", "", "", "", "★ ", "日本製 ", "Ελληνικό ", "🎁 ", "№ "]
"""What titles begin with in feeds whose encoding has every character."""
