"""Cities that simulated users live in: country, UTC offset, (city, region, latitude, longitude).

Coordinates are public geographic facts, rounded to 0.1 degree.
"""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A place with its ISO 3166-1 country."""

    country: str
    region: str
    name: str
    latitude: float
    longitude: float


_TEXT = """
NO|Oslo:Oslo:59.9:10.7|Vestland:Bergen:60.4:5.3|Trondelag:Trondheim:63.4:10.4|Rogaland:Stavanger:59.0:5.7|Troms:Tromso:69.6:19.0
SE|Stockholm:Stockholm:59.3:18.1|Vastra Gotaland:Gothenburg:57.7:12.0|Skane:Malmo:55.6:13.0
DK|Capital Region:Copenhagen:55.7:12.6|Central Jutland:Aarhus:56.2:10.2
FI|Uusimaa:Helsinki:60.2:24.9|Pirkanmaa:Tampere:61.5:23.8
DE|Berlin:Berlin:52.5:13.4|Bavaria:Munich:48.1:11.6|Hamburg:Hamburg:53.6:10.0|Hesse:Frankfurt:50.1:8.7|Saxony:Leipzig:51.3:12.4
PL|Masovia:Warsaw:52.2:21.0|Lesser Poland:Krakow:50.1:19.9|Lower Silesia:Wroclaw:51.1:17.0
GB|England:London:51.5:-0.1|England:Manchester:53.5:-2.2|Scotland:Glasgow:55.9:-4.3
FR|Ile-de-France:Paris:48.9:2.4|Auvergne-Rhone-Alpes:Lyon:45.8:4.8|Provence:Marseille:43.3:5.4
NL|North Holland:Amsterdam:52.4:4.9|South Holland:Rotterdam:51.9:4.5
BE|Brussels:Brussels:50.9:4.4|Flanders:Antwerp:51.2:4.4
ES|Madrid:Madrid:40.4:-3.7|Catalonia:Barcelona:41.4:2.2|Andalusia:Seville:37.4:-6.0
PT|Lisbon:Lisbon:38.7:-9.1|Norte:Porto:41.2:-8.6
IT|Lazio:Rome:41.9:12.5|Lombardy:Milan:45.5:9.2|Campania:Naples:40.9:14.3
CH|Zurich:Zurich:47.4:8.5|Geneva:Geneva:46.2:6.1
AT|Vienna:Vienna:48.2:16.4|Styria:Graz:47.1:15.4
CZ|Prague:Prague:50.1:14.4|South Moravia:Brno:49.2:16.6
RO|Bucharest:Bucharest:44.4:26.1|Cluj:Cluj-Napoca:46.8:23.6
HU|Budapest:Budapest:47.5:19.1
BG|Sofia:Sofia:42.7:23.3
GR|Attica:Athens:38.0:23.7|Central Macedonia:Thessaloniki:40.6:22.9
UA|Kyiv City:Kyiv:50.5:30.5|Lviv:Lviv:49.8:24.0
RU|Moscow:Moscow:55.8:37.6|Saint Petersburg:Saint Petersburg:59.9:30.3|Novosibirsk:Novosibirsk:55.0:82.9
TR|Istanbul:Istanbul:41.0:29.0|Ankara:Ankara:39.9:32.9
IE|Leinster:Dublin:53.3:-6.3
IS|Capital Region:Reykjavik:64.1:-21.9
EE|Harju:Tallinn:59.4:24.8
LV|Riga:Riga:56.9:24.1
LT|Vilnius:Vilnius:54.7:25.3
US|New York:New York:40.7:-74.0|California:Los Angeles:34.1:-118.2|Illinois:Chicago:41.9:-87.6|Texas:Dallas:32.8:-96.8|Virginia:Ashburn:39.0:-77.5|Washington:Seattle:47.6:-122.3
CA|Ontario:Toronto:43.7:-79.4|Quebec:Montreal:45.5:-73.6|British Columbia:Vancouver:49.3:-123.1
MX|Mexico City:Mexico City:19.4:-99.1|Jalisco:Guadalajara:20.7:-103.3
BR|Sao Paulo:Sao Paulo:-23.6:-46.6|Rio de Janeiro:Rio de Janeiro:-22.9:-43.2|Bahia:Salvador:-13.0:-38.5
AR|Buenos Aires:Buenos Aires:-34.6:-58.4
CL|Santiago:Santiago:-33.4:-70.7
CO|Bogota:Bogota:4.7:-74.1
IN|Maharashtra:Mumbai:19.1:72.9|Delhi:Delhi:28.6:77.2|Karnataka:Bengaluru:13.0:77.6
PK|Punjab:Lahore:31.5:74.3
BD|Dhaka:Dhaka:23.8:90.4
CN|Beijing:Beijing:39.9:116.4|Shanghai:Shanghai:31.2:121.5|Guangdong:Guangzhou:23.1:113.3
JP|Tokyo:Tokyo:35.7:139.7|Osaka:Osaka:34.7:135.5
KR|Seoul:Seoul:37.6:127.0
TW|Taipei:Taipei:25.0:121.6
HK|Hong Kong:Hong Kong:22.3:114.2
SG|Singapore:Singapore:1.3:103.8
MY|Kuala Lumpur:Kuala Lumpur:3.1:101.7
TH|Bangkok:Bangkok:13.8:100.5
VN|Hanoi:Hanoi:21.0:105.8|Ho Chi Minh City:Ho Chi Minh City:10.8:106.7
PH|Metro Manila:Manila:14.6:121.0
ID|Jakarta:Jakarta:-6.2:106.8
AU|New South Wales:Sydney:-33.9:151.2|Victoria:Melbourne:-37.8:145.0
NZ|Auckland:Auckland:-36.8:174.8
ZA|Gauteng:Johannesburg:-26.2:28.0|Western Cape:Cape Town:-33.9:18.4
NG|Lagos:Lagos:6.5:3.4
KE|Nairobi:Nairobi:-1.3:36.8
EG|Cairo:Cairo:30.0:31.2
MA|Casablanca-Settat:Casablanca:33.6:-7.6
IL|Tel Aviv:Tel Aviv:32.1:34.8
AE|Dubai:Dubai:25.2:55.3
SA|Riyadh:Riyadh:24.7:46.7
IR|Tehran:Tehran:35.7:51.4
"""


def cities() -> tuple[City, ...]:
    """Every city, grouped by country; a country's biggest city first.

    >>> cities()[0].name
    'Oslo'
    """
    found: list[City] = []
    for line in _TEXT.strip().splitlines():
        country, *places = line.split("|")
        for place in places:
            region, name, latitude, longitude = place.split(":")
            found.append(City(country, region, name, float(latitude), float(longitude)))
    return tuple(found)
